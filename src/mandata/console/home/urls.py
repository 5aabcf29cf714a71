"""Addresses of the first page."""

from django.urls import path

from mandata.console.home import views

app_name = "home"
urlpatterns = [path("", views.home, name="home"), path("running/", views.running, name="running")]

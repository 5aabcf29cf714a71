"""The address that Prometheus scrapes."""

from django.urls import path

from mandata.console.watching import views

app_name = "watching"
urlpatterns = [path("metrics", views.metrics, name="metrics")]

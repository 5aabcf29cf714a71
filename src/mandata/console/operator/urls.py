"""Addresses of the operator."""

from django.urls import path

from mandata.console.operator import views

app_name = "operator"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("controllers/", views.controllers, name="controllers"),
    path("controllers/<uuid:controller_id>/", views.controller, name="controller"),
    path("controllers/<uuid:controller_id>/state/", views.move, name="move"),
]

"""Django's registration of the area."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """Breaches, from awareness to the register."""

    name = "mandata.incidents"
    label = "incidents"

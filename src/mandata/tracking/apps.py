"""Django's registration of the area."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """What recipients did."""

    name = "mandata.tracking"
    label = "tracking"

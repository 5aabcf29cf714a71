"""Django's registration of the area."""

from django.apps import AppConfig


class WatchingConfig(AppConfig):
    """Readings, metrics, alarms."""

    name = "mandata.watching"
    label = "watching"

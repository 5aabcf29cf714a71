"""Django's registration of the console."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The web interface."""

    name = "mandata.console"
    label = "console"

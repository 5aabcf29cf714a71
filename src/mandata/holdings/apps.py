"""Django's registration of the area."""

from django.apps import AppConfig


class HoldingsConfig(AppConfig):
    """The data map."""

    name = "mandata.holdings"
    label = "holdings"

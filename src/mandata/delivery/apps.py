"""Django's registration of the area."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """How it goes, and what comes back."""

    name = "mandata.delivery"
    label = "delivery"

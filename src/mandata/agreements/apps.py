"""Django's registration of the area."""

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """Agreements as data."""

    name = "mandata.agreements"
    label = "agreements"

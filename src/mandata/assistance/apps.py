"""Django's registration of the area."""

from django.apps import AppConfig


class AssistanceConfig(AppConfig):
    """Help owed to controllers: time, bills, documents, authorities."""

    name = "mandata.assistance"
    label = "assistance"

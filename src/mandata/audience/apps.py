"""Django's registration of the area."""

from django.apps import AppConfig


class AudienceConfig(AppConfig):
    """Subscribers, lists, imports."""

    name = "mandata.audience"
    label = "audience"

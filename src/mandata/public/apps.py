"""Django's registration of the area."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    """What recipients meet."""

    name = "mandata.public"
    label = "public"

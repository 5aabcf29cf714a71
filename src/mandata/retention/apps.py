"""Django's registration of the area."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """How long data is kept; the end of an agreement."""

    name = "mandata.retention"
    label = "retention"

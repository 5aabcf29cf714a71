"""Django's name for the area."""

from django.apps import AppConfig


class SubprocessorsConfig(AppConfig):
    """The sub-processors."""

    name = "mandata.subprocessors"
    label = "subprocessors"

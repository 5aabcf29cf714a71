"""Django's registration of the area."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """Backups and restores."""

    name = "mandata.backups"
    label = "backups"

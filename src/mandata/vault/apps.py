"""Django's registration of the area."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Keys and sealing."""

    name = "mandata.vault"
    label = "vault"

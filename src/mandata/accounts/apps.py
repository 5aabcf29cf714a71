"""Django's registration of the area."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Operators, controllers, members."""

    name = "mandata.accounts"
    label = "accounts"

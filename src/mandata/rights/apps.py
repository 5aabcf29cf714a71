"""Django's registration of the area."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    """Data subjects' cases."""

    name = "mandata.rights"
    label = "rights"

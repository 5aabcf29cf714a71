"""Django's registration of the area."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """What is written and when it goes."""

    name = "mandata.campaigns"
    label = "campaigns"

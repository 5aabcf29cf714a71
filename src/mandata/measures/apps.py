"""Django's registration of the area."""

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    """The register of measures and what each check found."""

    name = "mandata.measures"
    label = "measures"

"""The one place that joins ports to providers."""

from mandata.campaigns import renderer
from mandata.holdings import catalogue
from mandata.record import signing
from mandata.rights import personal as rights
from mandata.vault.services import record_signer


def wire() -> None:
    """Supply the lower areas with what upper ones know."""
    signing.provide(record_signer)
    renderer.provide(_renderer)
    catalogue.provide(rights.CASES, rights.ANSWERS)


def _renderer() -> renderer.Renderer:
    from mandata.delivery.rendering.provider import Provider

    return Provider()

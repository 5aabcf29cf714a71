"""The one place that joins ports to providers."""

from mandata.campaigns import renderer
from mandata.record import signing
from mandata.vault.services import record_signer


def wire() -> None:
    """Supply the lower areas with what upper ones know."""
    signing.provide(record_signer)
    renderer.provide(_renderer)


def _renderer() -> renderer.Renderer:
    from mandata.delivery.rendering.provider import Provider

    return Provider()

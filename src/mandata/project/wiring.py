"""The one place that joins ports to providers."""

from typing import Any

from mandata.accounts import fate
from mandata.agreements import registers
from mandata.agreements.rules.annexes import SubProcessorLine
from mandata.assistance import personal as assistance
from mandata.campaigns import renderer
from mandata.delivery import leaving
from mandata.holdings import catalogue
from mandata.incidents import personal as incidents
from mandata.record import opening, signing
from mandata.rights import personal as rights
from mandata.vault import services as vault
from mandata.vault.services import record_signer


def wire() -> None:
    """Supply the lower areas with what upper ones know."""
    signing.provide(record_signer)
    opening.provide(vault)
    renderer.provide(_renderer)
    leaving.provide(_leave)
    catalogue.provide(rights.CASES, rights.ANSWERS)
    catalogue.provide(incidents.RECIPIENTS)
    catalogue.provide(assistance.ASSISTANCE)
    fate.provide(_settled)
    registers.provide(_subprocessors)


def _settled(proof: fate.Proof) -> None:
    from mandata.agreements.services.notices import settled

    settled(proof)


def _subprocessors() -> tuple[SubProcessorLine, ...]:
    from mandata.subprocessors.selectors import annex

    return annex()


def _renderer() -> renderer.Renderer:
    from mandata.delivery.rendering.provider import Provider

    return Provider()


def _leave(**message: Any) -> bool:
    from mandata.tracking.services import unsubscribe

    return unsubscribe(**message)

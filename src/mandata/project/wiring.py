"""The one place that joins ports to providers."""

from datetime import datetime
from typing import Any

from mandata.accounts import fate
from mandata.agreements import registers
from mandata.agreements.rules.annexes import MeasureLine, SubProcessorLine
from mandata.assistance import personal as assistance
from mandata.audits import personal as audits
from mandata.campaigns import renderer
from mandata.delivery import inboxes, leaving
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
    inboxes.provide(inboxes.Inbox(_is_inbox, _take_mail))
    catalogue.provide(rights.CASES, rights.ANSWERS)
    catalogue.provide(incidents.RECIPIENTS)
    catalogue.provide(assistance.ASSISTANCE, audits.AUDITS)
    fate.provide(_settled)
    registers.provide(_subprocessors)
    registers.provide_results(_looked)


def _settled(proof: fate.Proof) -> None:
    from mandata.agreements.services.notices import settled

    settled(proof)


def _subprocessors() -> tuple[SubProcessorLine, ...]:
    from mandata.subprocessors.selectors import annex

    return annex()


def _looked(at: datetime) -> tuple[MeasureLine, ...]:
    from mandata.measures.selectors import lines

    return lines(at)


def _renderer() -> renderer.Renderer:
    from mandata.delivery.rendering.provider import Provider

    return Provider()


def _is_inbox(local_part: str) -> bool:
    from mandata.rights.services import mails

    return mails.is_inbox(local_part)


def _take_mail(local_part: str, raw: bytes, at: datetime) -> None:
    from mandata.rights.services import mails

    mails.take(local_part=local_part, raw=raw, at=at)


def _leave(**message: Any) -> bool:
    from mandata.tracking.services import unsubscribe

    return unsubscribe(**message)

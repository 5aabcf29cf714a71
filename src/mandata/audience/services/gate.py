"""Asking the agreement before people are brought in, fields declared, or data handed out."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.agreements import services as gates
from mandata.agreements.errors import GateRefused
from mandata.agreements.rules.facts import ExportFacts, FieldFacts, ImportFacts, Standing
from mandata.agreements.rules.gates import field_verdicts
from mandata.agreements.rules.verdicts import refusals
from mandata.audience.rules.options import Options
from mandata.foundation.actors import Actor

_ASKED = Standing(accepted=False)
"""The gate looks up itself where the controller stands."""


def ask_import(options: Options, fields: Sequence[FieldFacts], *, about: UUID, actor: Actor, at: datetime) -> None:
    """Ask whether people may be brought in on these grounds with these fields (AUDI-2, AGR-6, CAT-4). Raises
    GateRefused."""
    facts = ImportFacts(
        standing=_ASKED,
        bases=tuple(basis.value for basis in options.bases()),
        evidenced=bool(options.source.strip()),
        fields=tuple(fields),
        warranted=options.warranted,
    )
    gates.ask(facts, about=about, actor=actor, at=at, record=True)


def ask_export(*, about: UUID, actor: Actor, at: datetime) -> None:
    """Ask whether data may be handed out to the controller. Raises GateRefused."""
    gates.ask(ExportFacts(standing=_ASKED), about=about, actor=actor, at=at)


def ask_field(name: str, category: str, *, at: datetime) -> None:
    """Ask whether a field of a category may be kept (CAT-3); before an agreement there is nothing to ask. Raises
    GateRefused."""
    agreement = agreements.in_force(at)
    if agreement is None:
        return
    found = refusals(field_verdicts(agreement.terms, (FieldFacts(name, category),)))
    if found:
        _title, message, remedy = found[0].said(agreements.reader())
        raise GateRefused(found, message=message, remedy=remedy)

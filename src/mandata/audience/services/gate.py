"""Asking the agreement before people are brought in or corrected, fields declared, or data handed out.

Each act names its purpose, that of the service, and rests on the instruction that the gate finds (INS-1, INS-6).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.agreements import services as gates
from mandata.agreements.errors import GateRefused
from mandata.agreements.rules.facts import SERVICE, ExportFacts, FieldFacts, ImportFacts, ProcessFacts, RightsFacts
from mandata.agreements.rules.gates import field_verdicts
from mandata.agreements.rules.verdicts import refusals
from mandata.agreements.services import asking
from mandata.audience.rules.bases import Basis
from mandata.audience.rules.options import Options
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.tenancy import current_controller


def ask_import(options: Options, fields: Sequence[FieldFacts], *, about: UUID, actor: Actor, at: datetime) -> None:
    """Ask whether people may be brought in on these grounds with these fields (AUDI-2, AGR-6, CAT-4). Raises
    GateRefused."""
    facts = ImportFacts(
        purpose=SERVICE,
        bases=tuple(basis.value for basis in options.bases()),
        evidenced=bool(options.source.strip()),
        fields=tuple(fields),
        warranted=options.warranted,
    )
    gates.ask(facts, about=about, actor=actor, at=at, record=True)


def is_import_open(import_id: UUID, *, at: datetime) -> bool:
    """Return whether an import may take its next batch; a refusal is kept once for each cause and import."""
    verdicts = agreements.check(ProcessFacts("import", purpose=SERVICE), now=at)
    if refusals(verdicts):
        asking.keep("import", import_id, verdicts, actor=SYSTEM, at=at)
        return False
    return True


def may_join(*, at: datetime) -> bool:
    """Return whether somebody may come back to a list at all; a page then offers it, and records nothing."""
    return agreements.may_process("import", now=at, purpose=SERVICE).allowed


def ask_person(*, list_id: UUID, basis: Basis, source: str, actor: Actor, at: datetime) -> None:
    """Ask whether one person may be put on a list on this ground (AUDI-2). Raises GateRefused."""
    facts = ImportFacts(bases=(basis.value,), evidenced=bool(source.strip()), purpose=SERVICE)
    gates.ask(facts, about=list_id, actor=actor, at=at)


def ask_correction(*, actor: Actor, at: datetime) -> None:
    """Ask whether a person's data may be corrected: a right that no stop takes away (Art. 16 GDPR). Raises
    GateRefused."""
    facts = RightsFacts(kind="rectification", confirmed=True, purpose=SERVICE)
    gates.ask(facts, about=current_controller(), actor=actor, at=at)


def ask_export(*, about: UUID, actor: Actor, at: datetime) -> None:
    """Ask whether data may be handed out to the controller. Raises GateRefused."""
    gates.ask(ExportFacts(purpose=SERVICE), about=about, actor=actor, at=at)


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

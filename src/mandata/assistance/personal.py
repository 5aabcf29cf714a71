"""What assistance holds of a person, as a holding: names and addresses in what the parties wrote to each other.

The texts lie sealed, so a person is looked for by opening them; a controller has few. Files are not looked into. An
erasure leaves them: they prove how duties between the parties were met.
"""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from mandata.assistance import selectors
from mandata.holdings.rules import Cannot, Description, Found, Key, Place, Record, Subject
from mandata.infra import bulk
from mandata.vault.services import Vault

_TEXTS: Final = """
select id, id, 'assistance_request.sealed', sealed from assistance_request
union all select id, id, 'assistance_proceeding.sealed', sealed from assistance_proceeding
union all select id, proceeding, 'assistance_step.sealed', sealed from assistance_step
union all select id, id, 'assistance_intake.sealed', sealed from assistance_intake
"""
_WHY: Final = _("It is what one party wrote to the other.")


def _texts() -> list[str]:
    rows = bulk.execute(_TEXTS, {}, binary=True)
    if not rows:
        return []
    vault = Vault.open()
    keys = vault.keys({holder for _own, holder, _place, _sealed in rows})
    return [
        vault.unseal_with(holder, place, bytes(sealed), key=keys[holder]).decode()
        for _own, holder, place, sealed in rows
        if holder in keys
    ]


def _find(subjects: Sequence[Subject]) -> dict[Key, Found]:
    texts = [one.casefold() for one in _texts()]
    found: dict[Key, Found] = {}
    for subject in subjects if texts else ():
        hits = sum(subject.address.casefold() in one for one in texts) if subject.address else 0
        if hits:
            found[subject.key] = Found(keep=hits)
    return found


def _export(subject: Subject) -> tuple[Record, ...]:
    """Only that the address is named, and where: the rest of such a text is the parties' and may be about others."""
    if not subject.address:
        return ()
    wanted = subject.address.casefold()
    told: list[Record] = [
        {"kind": "request", "number": one.number, "at": one.received_at}
        for one in selectors.requests(limit=10_000)
        if wanted in f"{one.words} {one.answer}".casefold()
    ]
    told += [
        {"kind": "proceeding", "number": one.number, "at": one.told_at}
        for one in selectors.proceedings(limit=10_000)
        if wanted in " ".join([one.words, one.authority, *(step.words for step in one.steps)]).casefold()
    ]
    told += [
        {"kind": one.kind, "number": one.number, "at": one.at}
        for one in selectors.intakes(limit=10_000)
        if wanted in f"{one.title} {one.words} {one.contact}".casefold()
    ]
    return tuple(told)


ASSISTANCE: Final = Place(
    Description(
        key="assistance",
        area="assistance",
        name=_("Help between the parties"),
        tables=(
            "assistance_request",
            "assistance_proceeding",
            "assistance_step",
            "assistance_intake",
            "assistance_file",
        ),
        category=_("what the parties asked, answered and told each other, with files; sealed"),
        purpose=_("to give the help that the agreement promises, and to prove it"),
        retention=_("as long as the agreement's record"),
        recipients=_("the controller's members; the processor"),
        subjects=_("the controller's officer; whoever is named in what the parties write"),
        source=_("the parties"),
        ground=_("Art. 5(2) GDPR: it proves how the parties met their duties towards each other."),
        until=_("the agreement's record ends"),
        sealed=True,
    ),
    finder=_find,
    exporter=_export,
    rectifier=Cannot(_WHY),
    restrictor=Cannot(_WHY),
    eraser=Cannot(_WHY),
)

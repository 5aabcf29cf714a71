"""What audits hold of a person, as a holding: names of auditors, and what the parties wrote; packs for a while."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from mandata.audits import selectors
from mandata.holdings.rules import Cannot, Description, Found, Key, Place, Record, Subject

_WHY: Final = _("It is what one party wrote to the other.")


def _texts() -> list[tuple[int, str]]:
    found = []
    for one in selectors.audits(limit=10_000):
        parts = [one.inspector, one.words, one.reason, one.answer, *(made.words for made in one.terms)]
        parts += [text for made in one.findings for text in (made.words, made.corrective, made.proof)]
        found.append((one.number, " ".join(parts).casefold()))
    return found


def _find(subjects: Sequence[Subject]) -> dict[Key, Found]:
    texts = _texts()
    found: dict[Key, Found] = {}
    for subject in subjects if texts else ():
        hits = sum(subject.address.casefold() in text for _number, text in texts) if subject.address else 0
        if hits:
            found[subject.key] = Found(keep=hits)
    return found


def _export(subject: Subject) -> tuple[Record, ...]:
    """Only that the address is named, and where: the rest of such a text is the parties'."""
    wanted = subject.address.casefold()
    return tuple({"kind": "audit", "number": number} for number, text in _texts() if wanted and wanted in text)


AUDITS: Final = Place(
    Description(
        key="audits",
        area="audits",
        name=_("Audits"),
        tables=("audits_audit", "audits_finding", "audits_piece"),
        category=_("who audits, what was written about it and found; sealed packs of evidence without data subjects"),
        purpose=_("to allow audits and to prove how they went (Art. 28(3)(h) GDPR)"),
        retention=_("as long as the agreement's record; packs two weeks"),
        recipients=_("the controller's members; the processor; the auditor"),
        subjects=_("auditors; whoever is named in what the parties write"),
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

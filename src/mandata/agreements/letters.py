"""The mails of the agreements to a party, in its language. No personal data but the party's own name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from mandata.agreements.language import words
from mandata.agreements.rules import owing
from mandata.agreements.rules.obligations import STAGES, Stage
from mandata.agreements.rules.words import fill
from mandata.agreements.rules.words import mark as _

_INTRO: Final = _("Of {controller}, this is due:")
_LINE: Final = _("No. {number}, {title}: by {due} ({stage})")
_OUTRO: Final = _("Meet it in the console, where each obligation explains how its time was counted.")


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and text of a mail."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """An obligation in a reminder: number, duty, when it is due by the strict reading, in which zone, its stage."""

    number: int
    duty: str
    due: datetime
    zone: str
    stage: Stage


def reminder(lines: Sequence[Line], *, controller: str, language: str) -> Letter:
    """A reminder of what is due at a controller."""
    said = words(language)
    count = len(lines)
    subject = fill(said.ngettext("{n} obligation is due", "{n} obligations are due", count), {"n": str(count)})
    listed = [
        fill(
            said.gettext(_LINE),
            {
                "number": str(line.number),
                "title": said.gettext(owing.title(line.duty)),
                "due": clock(line.due, line.zone),
                "stage": said.gettext(STAGES[line.stage]),
            },
        )
        for line in lines
    ]
    intro = fill(said.gettext(_INTRO), {"controller": controller})
    return Letter(subject, "\n".join([intro, "", *listed, "", said.gettext(_OUTRO), ""]))


def clock(at: datetime, zone: str) -> str:
    """An instant by the clock of a zone, which is named."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


_QUESTIONED: Final = _("Instruction No. {number} seems defective or unlawful")
_QUESTIONED_TEXT: Final = _(
    "Your instruction No. {number} seems to us to be defective or to infringe the law, for this reason:\n\n"
    "{concern}\n\nIt is not carried out until you stand by it or change it. Please decide in the console."
)
_AGREED: Final = _("Instruction No. {number}: we agree")
_AGREED_TEXT: Final = _(
    "We agree to your instruction No. {number}, which goes beyond the agreement. It binds from now on."
)
_REFUSED: Final = _("Instruction No. {number} is refused")
_REFUSED_TEXT: Final = _("We do not carry out your instruction No. {number}, for this reason:\n\n{reason}")
_OBLIGED: Final = _("A law obliges us to process your data")
_OBLIGED_TEXT: Final = _(
    "We are obliged by law to process personal data that we hold for you, beyond your instructions, and tell you "
    "before we do so.\n\nThe law: {law}\n\nWhat it demands: {words}"
)


def questioned(number: int, concern: str, language: str) -> Letter:
    """That an instruction seems defective or unlawful (INS-5)."""
    return _letter(_QUESTIONED, _QUESTIONED_TEXT, language, number=str(number), concern=concern)


def agreed(number: int, language: str) -> Letter:
    """That the processor agrees to an instruction beyond the agreement (INS-2)."""
    return _letter(_AGREED, _AGREED_TEXT, language, number=str(number))


def refused(number: int, reason: str, language: str) -> Letter:
    """That the processor does not carry an instruction out."""
    return _letter(_REFUSED, _REFUSED_TEXT, language, number=str(number), reason=reason)


def obliged(law: str, demanded: str, language: str) -> Letter:
    """That a law demands processing (INS-4)."""
    return _letter(_OBLIGED, _OBLIGED_TEXT, language, law=law, words=demanded)


def _letter(subject: str, text: str, language: str, **filling: str) -> Letter:
    said = words(language).gettext
    return Letter(fill(said(subject), filling), fill(said(text), filling))

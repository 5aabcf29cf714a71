"""Asking the agreement before reactions are kept: once for each batch and controller (TRK-1, INS-6)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.facts import SERVICE, TrackFacts
from mandata.agreements.rules.verdicts import Verdict, refusals
from mandata.agreements.services import asking
from mandata.foundation.actors import SYSTEM
from mandata.foundation.tokens import LINK_OPEN, LINK_VISIT
from mandata.infra.tenancy import current_controller
from mandata.tracking.services import choices
from mandata.tracking.sources import CampaignFacts, Place
from mandata.tracking.spool import SpoolRecord

_OPENS: Final = "opens"
_CLICKS: Final = "clicks"
_VISITS: Final = "web_activity"
_KINDS: Final = {LINK_OPEN: _OPENS, LINK_VISIT: _VISITS}


def agreed_individual(at: datetime) -> bool:
    """Whether the agreement in force lets it be kept who opened and clicked; without one nothing is recorded anyway."""
    terms = agreements.ground(at).terms
    return terms is None or terms.chosen("processing.tracking") != "counts"


class Agreed:
    """Which kinds of activity may be recorded now, for the controllers of one batch."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._individual: dict[UUID, bool] = {}
        self._known: dict[UUID, dict[str, tuple[Verdict, ...]]] = {}

    def of(self, records: Iterable[SpoolRecord], place: Place) -> list[SpoolRecord]:
        """The records of a campaign that may be kept, inside its controller's scope; what is refused is dropped.

        A refusal is recorded once for each cause and campaign.
        """
        found = self._known.get(place.controller_id)
        if found is None:
            found = self._known[place.controller_id] = {
                kind: self._refusing(kind) for kind in (_OPENS, _CLICKS, _VISITS)
            }
        if not any(found.values()):
            return list(records)
        kept: list[SpoolRecord] = []
        refused: dict[str, tuple[Verdict, ...]] = {}
        for record in records:
            kind = _KINDS.get(record.link, _CLICKS)
            if found[kind]:
                refused[kind] = found[kind]
            else:
                kept.append(record)
        for verdicts in refused.values():
            asking.keep("track", place.campaign_id, verdicts, actor=SYSTEM, at=self._at)
        return kept

    def measured(self, facts: CampaignFacts) -> CampaignFacts:
        """The campaign's facts under the agreement: where it asks for counts only, no person's row is kept, whatever
        a member chose; the door is told by the choice kept beside."""
        controller = current_controller()
        if controller not in self._individual:
            self._individual[controller] = agreed_individual(self._at)
            choices.keep_agreed(self._individual[controller], at=self._at)
        return facts if self._individual[controller] else replace(facts, individual=False)

    def _refusing(self, kind: str) -> tuple[Verdict, ...]:
        """What refuses this kind; nothing where it is agreed."""
        return refusals(agreements.check(TrackFacts((kind,), purpose=SERVICE), now=self._at))

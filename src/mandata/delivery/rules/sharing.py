"""Whose messages a worker takes next (pure): what somebody waits for, then every controller in turn, then each of its
campaigns.

Controllers share by *start-time fair queueing* (Goyal, Vin and Cheng, 1996) in its simplest form: each has a mark of
how much it was served, the lowest goes next, and who comes anew begins at the lowest mark of those who are there, so
that nobody saves up turns while it has nothing to send. A small controller beside a large one is thus through when each
of both has sent as much as the small one has.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

TRANSACTIONAL: Final = 0
CAMPAIGN: Final = 1
KEPT_BACK: Final = 0.1
"""Of the room: so much is left to the less urgent where both wait, so that nobody starves."""


class Claimant(NamedTuple):
    """A campaign with something due."""

    urgency: int
    controller: UUID
    campaign: UUID


class Turn(NamedTuple):
    """How many messages a campaign may take now."""

    claimant: Claimant
    messages: int


@dataclass(slots=True)
class Ledger:
    """How much each controller and campaign was served, as far as it matters for who is next."""

    controllers: dict[UUID, float] = field(default_factory=dict)
    campaigns: dict[UUID, float] = field(default_factory=dict)

    def admit(self, claimants: Iterable[Claimant]) -> None:
        """Begin new ones at the lowest mark of those who are there; forget who has left."""
        found = list(claimants)
        _admit(self.controllers, {one.controller for one in found})
        for controller in {one.controller for one in found}:
            _admit_some(self.campaigns, {one.campaign for one in found if one.controller == controller})
        present = {one.campaign for one in found}
        for campaign in self.campaigns.keys() - present:
            del self.campaigns[campaign]

    def served(self, claimant: Claimant, messages: int) -> None:
        """Note what was taken."""
        self.controllers[claimant.controller] = self.controllers.get(claimant.controller, 0.0) + messages
        self.campaigns[claimant.campaign] = self.campaigns.get(claimant.campaign, 0.0) + messages


def _admit(marks: dict[UUID, float], present: set[UUID]) -> None:
    _admit_some(marks, present)
    for gone in marks.keys() - present:
        del marks[gone]


def _admit_some(marks: dict[UUID, float], present: set[UUID]) -> None:
    known = [marks[one] for one in present if one in marks]
    lowest = min(known) if known else 0.0
    for one in present:
        marks.setdefault(one, lowest)


def turns(room: int, claimants: Sequence[Claimant], ledger: Ledger, *, least: int = 1) -> list[Turn]:
    """Return who may take how many messages of `room`, in which order. The sum may be more than `room`: who has less to
    send than its turn leaves the rest to those behind, and the caller stops when the room is full.

    `least`: no turn is smaller, unless the room is.
    """
    if room <= 0:
        return []
    ledger.admit(claimants)
    classes = sorted({one.urgency for one in claimants})
    found: list[Turn] = []
    for urgency in classes:
        mine = [one for one in claimants if one.urgency == urgency]
        behind = urgency != classes[-1]
        size = max(1, int(room * (1 - KEPT_BACK))) if behind and room > 1 else room
        found += _turns(size, mine, ledger, least)
    return found


def _turns(room: int, claimants: Sequence[Claimant], ledger: Ledger, least: int) -> list[Turn]:
    """One class: each controller's campaigns by their marks, and the controllers by theirs, one campaign each at a
    time, so that many campaigns of one controller are no better than one."""
    queues: dict[UUID, list[Claimant]] = {}
    for one in sorted(claimants, key=lambda one: (ledger.campaigns[one.campaign], one.campaign)):
        queues.setdefault(one.controller, []).append(one)
    order = sorted(queues, key=lambda controller: (ledger.controllers[controller], controller))
    size = min(room, max(least, -(-room // len(order)))) if order else 0
    found: list[Turn] = []
    while queues:
        for controller in order:
            queue = queues.get(controller)
            if queue is not None:
                found.append(Turn(queue.pop(0), size))
                if not queue:
                    del queues[controller]
    return found


def spread(room: int, wants: Mapping[str, int]) -> dict[str, int]:
    """Divide room among providers in proportion to what each wants; each that wants something gets at least one
    message, as far as the room reaches, and none more than it wants."""
    total = sum(want for want in wants.values() if want > 0)
    if total <= room:
        return {name: want for name, want in wants.items() if want > 0}
    found: dict[str, int] = {}
    left, open_total = room, total
    for name, want in sorted(wants.items(), key=lambda item: (item[1], item[0])):
        if want <= 0 or left <= 0:
            continue
        part = min(want, left, max(1, left * want // open_total))
        found[name] = part
        left -= part
        open_total -= want
    return found

"""Which state follows which, by which act. The table is the whole truth; services only look things up in it."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a campaign is."""

    DRAFT = "draft"  # being written
    LAUNCHING = "launching"  # launched; delivery freezes the audience
    SENDING = "sending"  # messages are claimed and sent
    PAUSED = "paused"  # nothing new is claimed until it is resumed
    HELD = "held"  # an older database was put in place: nothing is done until a member releases it
    FINISHED = "finished"  # every message has its outcome
    CANCELLED = "cancelled"  # what was not sent will not be


class Act(StrEnum):
    """What moves it."""

    LAUNCH = "launch"
    WITHDRAW = "withdraw"  # delivery could not freeze it: back to the desk, nothing was sent
    BEGIN = "begin"  # the audience is frozen
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"
    REOPEN = "reopen"  # a member had messages of unknown outcome sent again
    HOLD = "hold"
    RELEASE = "release"  # a member let it go on: its audience was frozen before
    RELAUNCH = "relaunch"  # a member let it go on: its audience is still to be frozen


TRANSITIONS: Final[dict[tuple[State, Act], State]] = {
    (State.DRAFT, Act.LAUNCH): State.LAUNCHING,
    (State.LAUNCHING, Act.WITHDRAW): State.DRAFT,
    (State.LAUNCHING, Act.BEGIN): State.SENDING,
    (State.LAUNCHING, Act.CANCEL): State.CANCELLED,
    (State.SENDING, Act.PAUSE): State.PAUSED,
    (State.SENDING, Act.CANCEL): State.CANCELLED,
    (State.SENDING, Act.FINISH): State.FINISHED,
    (State.FINISHED, Act.REOPEN): State.SENDING,
    (State.PAUSED, Act.RESUME): State.SENDING,
    (State.PAUSED, Act.CANCEL): State.CANCELLED,
    (State.LAUNCHING, Act.HOLD): State.HELD,
    (State.SENDING, Act.HOLD): State.HELD,
    (State.HELD, Act.RELEASE): State.SENDING,
    (State.HELD, Act.RELAUNCH): State.LAUNCHING,
    (State.HELD, Act.CANCEL): State.CANCELLED,
}

EDITABLE: Final = frozenset({State.DRAFT})
DUE: Final = frozenset({State.LAUNCHING, State.SENDING, State.CANCELLED})
"""States in which delivery has something to do: freeze, send, or take back what is queued."""
ENDED: Final = frozenset({State.FINISHED, State.CANCELLED})


def after(state: State, act: Act) -> State | None:
    """Return the state that the act leads to, or None where it is not allowed."""
    return TRANSITIONS.get((state, act))


def sources(act: Act) -> frozenset[State]:
    """Return the states from which an act is allowed."""
    return frozenset(state for state, known in TRANSITIONS if known is act)


def acts(state: State) -> frozenset[Act]:
    """Return what may be done now."""
    return frozenset(act for known, act in TRANSITIONS if known is state)

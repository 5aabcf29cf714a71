"""States, retries and replies: pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.delivery.rules.outcomes import Outcome, refused, without_addresses
from mandata.delivery.rules.retry import LIFETIME, retry
from mandata.delivery.rules.states import OPEN, TERMINAL, TRANSITIONS, State, may_follow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_state_stands_in_the_table_and_none_leads_to_itself() -> None:
    assert set(TRANSITIONS) == set(State)
    assert not any(may_follow(state, state) for state in State)
    assert {State.SENT, State.FAILED, State.CANCELLED} == TERMINAL


@pytest.mark.req("DLV-5")
def test_an_unknown_message_moves_only_by_a_members_decision() -> None:
    assert TRANSITIONS[State.UNKNOWN] == {State.QUEUED, State.SENT}
    assert State.UNKNOWN not in OPEN


def test_every_state_can_be_reached_from_the_queue() -> None:
    reached, frontier = set(), {State.QUEUED}
    while frontier:
        reached |= frontier
        frontier = {after for before in frontier for after in TRANSITIONS[before]} - reached
    assert reached == set(State)


@given(attempts=st.integers(1, 60), number=st.integers(0, 2**48), code=st.sampled_from([0, 421, 450, 451, 452]))
def test_a_retry_lies_ahead_and_never_beyond_seventy_two_hours(attempts: int, number: int, code: int) -> None:
    outcome = Outcome(number, "deferred", code)
    at = retry(outcome, attempts=attempts, message_no=number, first_tried=NOW, now=NOW + timedelta(hours=60)).at
    assert at is None or NOW + timedelta(hours=60) < at <= NOW + LIFETIME


def test_pauses_grow_and_end() -> None:
    now, pauses = NOW, []
    for attempts in range(1, 100):
        at = retry(Outcome(1, "deferred", 450), attempts=attempts, message_no=1, first_tried=NOW, now=now).at
        if at is None:
            break
        pauses.append(at - now)
        now = at
    assert 8 <= len(pauses) <= 14
    assert pauses[0] < timedelta(minutes=7) < timedelta(hours=9) < pauses[-1]


def test_greylisting_is_tried_sooner_and_a_full_mailbox_later_than_the_rest() -> None:
    def first(code: int, enhanced: str = "", text: str = "") -> datetime:
        at = retry(Outcome(1, "deferred", code, enhanced, text), attempts=1, message_no=1, first_tried=NOW, now=NOW).at
        assert at is not None
        return at

    assert first(451, "4.7.1", "Greylisted") < first(450, "4.3.0") < first(421, "4.7.0", "rate") < first(452, "4.2.2")


@given(st.from_regex(r"[a-z]{3,10}\.[a-z]{3,10}@[a-z]{3,8}\.test", fullmatch=True))
def test_no_diagnostic_carries_the_address(address: str) -> None:
    text = f"550 5.1.1 <{address}>: {address} unknown ({address.split('@')[0]})"
    cut = without_addresses(text, address)
    assert address not in cut and address.split("@")[0] not in cut


def test_a_permanent_code_with_a_temporary_status_is_temporary() -> None:
    assert refused(1, 550, b"4.2.1 later").fate == "deferred"
    assert refused(1, 550, b"5.1.1 never").fate == "failed"
    assert refused(1, 471, b"odd").fate == "deferred"

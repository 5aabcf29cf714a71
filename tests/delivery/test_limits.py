"""Limits, warm-up and sharing as rules: never too much, never nobody, and back to the old pace."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.delivery import catalogue
from mandata.delivery.rules import limits, sharing, warmup
from mandata.delivery.rules.limits import EVERY, Allowance, Ask, Bucket, Limit
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.rules.sharing import Claimant, Ledger

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def empty(at: datetime = START) -> Bucket:
    return Bucket(0.0, at, at.date())


@pytest.mark.req("DLV-3")
@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.1, 500), st.one_of(st.none(), st.integers(0, 400)),
    st.lists(st.tuples(st.floats(0, 20), st.integers(0, 300)), min_size=1, max_size=60),
)  # fmt: skip
def test_no_order_of_asking_gets_more_than_the_rate_and_the_cap(
    rate: float, daily: int | None, asked: list[tuple[float, int]]
) -> None:
    held, at, allowed = empty(), START, Allowance(rate, daily)
    grants: list[tuple[datetime, int]] = []
    for pause, messages in asked:
        at += timedelta(seconds=pause)
        held = limits.filled(held, allowed, at)
        (granted,) = limits.grant([Ask(messages, ("k",))], {"k": limits.stock(held, allowed, at)})
        held = limits.spent(held, granted)
        grants.append((at, granted))
    for first in range(len(grants)):
        total = 0
        for at, granted in grants[first:]:
            total += granted
            passed = (at - grants[first][0]).total_seconds()
            assert total <= rate * passed + limits.burst(rate) + 1e-3
    if daily is not None:
        assert sum(granted for _, granted in grants) <= daily


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sets(st.sampled_from("abc"))), max_size=8),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 60), min_size=3, max_size=3),
)
def test_a_message_takes_a_token_of_every_bucket_and_no_bucket_gives_what_it_has_not(
    asked: list[tuple[int, set[str]]], stock: dict[str, int]
) -> None:
    asks = [Ask(messages, tuple(sorted(keys))) for messages, keys in asked]
    granted = limits.grant(asks, stock)
    for key in stock:
        assert sum(got for ask, got in zip(asks, granted, strict=True) if key in ask.buckets) <= stock[key]
    assert all(0 <= got <= ask.messages for ask, got in zip(asks, granted, strict=True))


def test_a_cap_begins_anew_at_midnight_utc() -> None:
    allowed = Allowance(None, 100)
    held = limits.spent(limits.filled(empty(), allowed, START), 100)
    assert limits.stock(held, allowed, START) == 0
    assert limits.wait(held, allowed, START) == timedelta(hours=12)
    morning = START + timedelta(hours=12)
    assert limits.stock(limits.filled(held, allowed, morning), allowed, morning) == 100


@given(st.floats(1, 1000), st.integers(1, 6))
def test_each_refusal_halves_the_pace_and_it_comes_back_by_equal_steps(measured: float, times: int) -> None:
    held, allowed, at = empty(), Allowance(None, None), START
    for _ in range(times):
        at += limits.CALM
        held = limits.slowed(held, allowed, measured, at)
    now = limits.pace(held, at)
    assert now is not None and now == pytest.approx(max(limits.SLOWEST, measured / 2**times))
    later = limits.pace(held, at + 2 * limits.STEP_EVERY)
    assert held.ceiling is not None
    assert later is None or later == pytest.approx(now + 2 * limits.STEP * held.ceiling)
    free = limits.free_again(held)
    assert free is not None and limits.pace(held, free) is None
    assert limits.pace(held, free - timedelta(seconds=1)) is not None


def test_many_refusals_at_once_are_one() -> None:
    once = limits.slowed(empty(), Allowance(None, None), 80.0, START)
    again = limits.slowed(once, Allowance(None, None), 80.0, START + timedelta(seconds=1))
    assert again == once and once.pace == 40.0


def test_a_slow_down_is_measured_from_the_operators_rate_where_that_is_less() -> None:
    assert limits.slowed(empty(), Allowance(10.0, None), 80.0, START).pace == 5.0
    assert limits.slowed(empty(), Allowance(100.0, None), 80.0, START).pace == 40.0


@pytest.mark.parametrize(
    ("outcome", "less"),
    [
        (Outcome(1, "deferred", 421, "", "too many connections"), True),
        (Outcome(1, "deferred", 450, "4.7.28", "unusual rate of mail"), True),
        (Outcome(1, "deferred", 451, "4.7.1", "Greylisting in action"), False),
        (Outcome(1, "deferred", 452, "4.2.2", "mailbox full"), False),
        (Outcome(1, "failed", 550, "5.7.1", "rejected"), False),
        (Outcome(1, "sent", 250), False),
    ],
)
def test_only_421_and_4_7_x_ask_for_less_and_greylisting_does_not(outcome: Outcome, less: bool) -> None:
    assert limits.asks_for_less(outcome) is less


def test_the_more_special_word_holds_and_what_it_leaves_out_the_more_general_says() -> None:
    rules = {
        (EVERY, ""): Limit(100.0, 20, 1000),
        (EVERY, "Gmail"): Limit(None, 5, None),
        (2, ""): Limit(50.0, None, None),
        (2, "Gmail"): Limit(None, None, 10),
    }
    assert limits.limit_of(rules, 2, "Gmail") == Limit(50.0, 5, 10)
    assert limits.limit_of(rules, 1, "Seznam") == Limit(100.0, 20, 1000)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=90), st.integers(-5, 100))
def test_a_plan_says_nothing_before_its_first_day_and_sets_no_cap_after_its_last(plan: list[int], day: int) -> None:
    begins = date(2026, 3, 1)
    cap = warmup.cap(sorted(plan), begins, begins + timedelta(days=day))
    if day < 0:
        assert cap == 0
    elif day >= len(plan):
        assert cap is None
    else:
        assert cap == sorted(plan)[day]


@pytest.mark.parametrize("plan", [[], [0], [5, 4], [1] * 91])
def test_what_is_no_plan_is_refused(plan: list[int]) -> None:
    with pytest.raises(ValueError, match=r"plan|day"):
        warmup.checked(plan)


# -- sharing -----------------------------------------------------------------------------------------------------------


def rounds(sizes: dict[tuple[int, int, int], int], room: int, most: int) -> dict[tuple[int, int, int], int]:
    """Serve (urgency, controller, campaign) -> messages until all is sent; return in which round each was through."""
    left = {Claimant(u, UUID(int=c), UUID(int=100 * c + m)): count for (u, c, m), count in sizes.items()}
    names = dict(zip(left, sizes, strict=True))
    ledger, through = Ledger(), {}
    for number in range(1, most):
        open_, space = [one for one in left if left[one]], room
        if not open_:
            break
        for turn in sharing.turns(room, open_, ledger, least=50):
            taken = min(turn.messages, left[turn.claimant], space)
            left[turn.claimant] -= taken
            space -= taken
            ledger.served(turn.claimant, taken)
            if not left[turn.claimant]:
                through[names[turn.claimant]] = number
    return through


@pytest.mark.req("DLV-3")
@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 1), st.integers(1, 6), st.integers(1, 3)), st.integers(1, 3_000), min_size=1
    ),
    st.sampled_from([50, 200, 800]),
)
def test_nobody_starves_whoever_comes_with_how_much_ever(sizes: dict[tuple[int, int, int], int], room: int) -> None:
    through = rounds(sizes, room, most=20_000)
    assert through.keys() == sizes.keys()


@pytest.mark.req("DLV-3")
@settings(max_examples=100, deadline=None)
@given(st.integers(1, 2_000), st.integers(1, 9), st.sampled_from([50, 200, 800]))
def test_a_small_controller_beside_large_ones_is_through_in_its_fair_time(small: int, large: int, room: int) -> None:
    sizes = {(1, 1, 1): small} | {(1, 2 + n, 1): 1_000_000 for n in range(large)}
    through = rounds(sizes, room, most=small * (large + 1) // room + 3 + (large + 1) * 50 // room + 1)
    assert (1, 1, 1) in through


def test_many_campaigns_of_one_controller_are_no_better_than_one() -> None:
    sizes = {(1, 1, n): 100_000 for n in range(1, 10)} | {(1, 2, 1): 2_000}
    assert rounds(sizes, 200, most=40)[(1, 2, 1)] <= 22


def test_what_somebody_waits_for_goes_first_and_the_others_still_move() -> None:
    sizes = {(0, 1, 1): 1_000_000, (1, 2, 1): 200}
    assert (1, 2, 1) in rounds(sizes, 200, most=20)
    assert rounds({(0, 1, 1): 800, (1, 2, 1): 1_000_000}, 200, most=8)[(0, 1, 1)] <= 6


def test_who_had_nothing_to_send_has_saved_up_no_turns() -> None:
    ledger = Ledger()
    old, new = Claimant(1, UUID(int=1), UUID(int=11)), Claimant(1, UUID(int=2), UUID(int=21))
    ledger.admit([old])
    ledger.served(old, 1_000_000)
    sharing.turns(100, [old, new], ledger)
    assert ledger.controllers[new.controller] == ledger.controllers[old.controller]


@given(st.integers(0, 500), st.dictionaries(st.text(max_size=3), st.integers(-5, 300), max_size=12))
def test_room_is_spread_over_providers_and_none_of_it_is_wasted(room: int, wants: dict[str, int]) -> None:
    found = sharing.spread(room, wants)
    assert all(0 < part <= wants[name] for name, part in found.items())
    assert sum(found.values()) == min(room, sum(max(0, want) for want in wants.values()))


# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exchanger", "name"),
    [
        ("gmail-smtp-in.l.google.com", "Gmail"),
        ("ASPMX.L.GOOGLE.COM.", "Gmail"),
        ("shop-example.mail.protection.outlook.com", "Outlook"),
        ("mx1.seznam.cz", "Seznam"),
        ("notgoogle.com", ""),
        ("mx.shop.example", ""),
    ],
)
def test_a_provider_is_known_by_its_exchangers(exchanger: str, name: str) -> None:
    assert catalogue.known(exchanger) == name


def test_every_provider_of_the_file_fits_and_has_connections() -> None:
    assert all(len(name) <= catalogue.LONGEST and catalogue.connections(name) for name in catalogue.names())
    assert catalogue.connections("a cottage") is None

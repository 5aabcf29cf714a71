"""The outside log of the audience: what protects a person survives every restore; what lifts it needs its proof."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandata.audience import choices, selectors, services
from mandata.audience.models import Subscriber, Subscription, Suppression
from mandata.audience.rules.bases import Reason, State
from mandata.audience.services import replaying
from mandata.audience.services.suppression import suppress_many, suppression_index
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra import outside
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.outside import Line
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from tests.audience.conftest import NOON, Bakery

HOUR = timedelta(hours=1)


def journal(bakery: Bakery) -> list[Line]:
    lines = outside.read(env().outside_folder, kinds=("audience.",))
    return [line for line in lines if line.controller == bakery.id]


def join(bakery: Bakery, email: str = "jana@mail.example", *, at: datetime = NOON, **more: Any) -> UUID:
    with scope(bakery.id):
        return services.subscribe(
            list_id=bakery.list_id, email=email, source="form", actor=bakery.member, at=at, **more
        )


def other_list(bakery: Bakery, name: str = "Offers") -> UUID:
    with scope(bakery.id):
        return services.create_list(name=name, actor=bakery.member, at=NOON)


Told = dict[str, list[tuple[Any, ...]]]


def state(bakery: Bakery) -> Told:
    """What the audience says of who may be written to."""
    with scope(bakery.id):
        suppressions = Suppression.objects.order_by("hash", "channel", "scope")
        places = Subscription.objects.order_by("subscriber_id", "list_id")
        return {
            "suppressions": list(
                suppressions.values_list("hash", "channel", "scope", "reason", "since", "until", "key_version")
            ),
            "places": list(places.values_list("subscriber_id", "list_id", "state", "ended_at", "ended_by")),
            "restricted": list(Subscriber.objects.order_by("id").values_list("id", "restricted_at")),
        }


def forget(bakery: Bakery) -> None:
    """Put the audience back as a backup has it that was taken when everybody had just joined."""
    with scope(bakery.id):
        Suppression.objects.all().delete()
        Subscription.objects.update(state="subscribed", ended_at=None, ended_by="")
        Subscriber.objects.update(restricted_at=None)


def count(bakery: Bakery) -> tuple[int, int]:
    with scope(bakery.id):
        return Entry.objects.count(), len(journal(bakery))


@pytest.mark.req("AUDI-4", "DSR-9", "DSR-13", "RET-7")
def test_what_protects_people_comes_back_and_nothing_is_recorded_twice(bakery: Bakery) -> None:
    offers = other_list(bakery)
    people = [join(bakery, f"reader{one}@mail.example") for one in range(6)]
    for one in people[:2]:
        with scope(bakery.id):
            services.subscribe(
                list_id=offers,
                email=f"reader{people.index(one)}@mail.example",
                source="form",
                actor=bakery.member,
                at=NOON,
            )
    by = bakery.member
    with scope(bakery.id):
        choices.withdraw(subscriber=people[0], list_id=offers, at=NOON + HOUR)
        choices.withdraw(subscriber=people[1], list_id=None, at=NOON + HOUR)
        services.suppress(email="stranger@mail.example", reason=Reason.MANUAL, actor=by, at=NOON, until=NOON + HOUR)
        services.suppress(subscriber_id=people[2], reason=Reason.HARD_BOUNCE, actor=SYSTEM, at=NOON, channel="sms")
        services.restrict(subscriber_id=people[3], actor=by, at=NOON + HOUR)
        services.move(
            subscriber_id=people[4], list_id=bakery.list_id, state=State.UNSUBSCRIBED, actor=by, at=NOON + HOUR
        )
        services.suppress(subscriber_id=people[5], reason=Reason.MANUAL, actor=by, at=NOON)
        services.unsuppress(subscriber_id=people[5], ground="asked", by_the_person=False, actor=by, at=NOON + HOUR)
    before = state(bakery)
    assert len(before["suppressions"]) == 4
    forget(bakery)
    entries = count(bakery)
    done = services.replay(journal(bakery))
    assert state(bakery) == before
    assert (done.suppressed, done.withdrawn, done.restricted, done.unproven) == (4, 4, 1, 0)
    again = services.replay(journal(bakery))
    assert state(bakery) == before
    assert (again.suppressed, again.lifted, again.withdrawn, again.restricted) == (0, 0, 0, 0)
    assert count(bakery) == entries, "neither the record nor the outside log grew"


def test_an_import_that_brings_people_who_left_is_told_in_one_line(bakery: Bakery) -> None:
    subscriber = join(bakery)
    before = len(journal(bakery))
    with scope(bakery.id):
        indexes = [suppression_index(f"reader{one}@mail.example") for one in range(200)]
        assert suppress_many(indexes=indexes, reason=Reason.UNSUBSCRIBED, at=NOON) == 200
        assert suppress_many(indexes=indexes, reason=Reason.UNSUBSCRIBED, at=NOON) == 0
    (line,) = journal(bakery)[before:]
    assert len(line.body["indexes"]) == 200 and subscriber
    forget(bakery)
    assert services.replay(journal(bakery)).suppressed == 200


def test_whoever_came_back_by_own_act_stays(bakery: Bakery) -> None:
    offers = other_list(bakery)
    person = join(bakery)
    with scope(bakery.id):
        services.subscribe(list_id=offers, email="jana@mail.example", source="form", actor=bakery.member, at=NOON)
        choices.withdraw(subscriber=person, list_id=None, at=NOON + HOUR)
        assert choices.undo(subscriber=person, list_id=None, at=NOON + HOUR + timedelta(minutes=5))
        choices.withdraw(subscriber=person, list_id=offers, at=NOON + 2 * HOUR)
        assert choices.choose(
            subscriber=person, lists={bakery.list_id, offers}, channels={"email"}, words="Yes", source="page",
            at=NOON + 3 * HOUR,
        ) == 1  # fmt: skip
    before = state(bakery)
    assert [row[2] for row in before["places"]] == ["subscribed", "subscribed"] and not before["suppressions"]
    services.replay(journal(bakery))  # over a database that is as new
    assert state(bakery) == before
    forget(bakery)  # over an older one
    services.replay(journal(bakery))
    assert state(bakery) == before


def test_a_subscription_that_began_after_the_withdrawal_is_left_alone(bakery: Bakery) -> None:
    person = join(bakery)
    with scope(bakery.id):
        choices.withdraw(subscriber=person, list_id=None, at=NOON + HOUR)
    later = other_list(bakery)
    with scope(bakery.id):
        Subscription.objects.create(
            list_id=later, subscriber_id=person, state="subscribed", basis="consent", since=NOON + 2 * HOUR
        )
    services.replay(journal(bakery))
    with scope(bakery.id):
        assert Subscription.objects.get(list_id=later, subscriber_id=person).state == "subscribed"


def test_what_gives_protection_up_counts_only_with_its_entry_in_the_record(bakery: Bakery) -> None:
    person = join(bakery)
    lines = []
    with scope(bakery.id):
        choices.withdraw(subscriber=person, list_id=bakery.list_id, at=NOON)
        services.restrict(subscriber_id=person, actor=bakery.member, at=NOON)
        index = bytes(Subscriber.objects.get(id=person).suppression_index).hex()
        before = state(bakery)
    never = str(new_id())  # of a transaction that was rolled back, or lost with the last moment
    at = NOON.isoformat()
    for kind, body in (
        ("audience.unsuppressed", {"index": index, "channel": "email", "scope": str(bakery.list_id)}),
        ("audience.rejoined", {"subscriber": str(person), "list": str(bakery.list_id), "state": "subscribed"}),
        ("audience.restricted", {"subscriber": str(person), "restricted": False}),
    ):
        lines.append(Line(NOON, kind, bakery.id, body | {"entry": never, "at": at}))
    done = services.replay(lines)
    assert done.unproven == 3
    assert state(bakery) == before


def test_protection_holds_whose_commit_never_came(bakery: Bakery) -> None:
    person = join(bakery)

    class Died(Exception):
        pass

    with pytest.raises(Died), scope(bakery.id):
        choices.withdraw(subscriber=person, list_id=None, at=NOON)
        raise Died
    with scope(bakery.id):
        assert not Suppression.objects.exists()
    assert services.replay(journal(bakery)).suppressed == 1


def test_an_act_that_cannot_be_told_is_not_done(bakery: Bakery, monkeypatch: pytest.MonkeyPatch) -> None:
    person = join(bakery)
    before = state(bakery)

    def full(*_: object) -> None:
        raise outside.NotKept("The outside log cannot be written: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr("mandata.infra.outside.writing.Writer.write", full)
        acts: tuple[Callable[[], object], ...] = (
            lambda: choices.withdraw(subscriber=person, list_id=None, at=NOON),
            lambda: services.restrict(subscriber_id=person, actor=bakery.member, at=NOON),
            lambda: services.suppress(email="a@b.example", reason=Reason.MANUAL, actor=bakery.member, at=NOON),
        )
        for act in acts:
            with pytest.raises(outside.NotKept), scope(bakery.id):
                act()
    assert state(bakery) == before


def test_a_withdrawal_is_one_write(bakery: Bakery, monkeypatch: pytest.MonkeyPatch) -> None:
    person = join(bakery)
    written: list[bytes] = []
    monkeypatch.setattr("mandata.infra.outside.writing.Writer.write", lambda self, data: written.append(data))
    with scope(bakery.id):
        choices.withdraw(subscriber=person, list_id=None, at=NOON)
    (data,) = written
    assert b"audience.suppressed" in data and b"audience.withdrawn" in data


def test_no_line_holds_a_person_in_clear(bakery: Bakery) -> None:
    person = join(bakery, "jana.novakova@mail.example", values={"first_name": "Jana", "last_name": "Nováková"})
    with scope(bakery.id):
        choices.withdraw(subscriber=person, list_id=None, at=NOON)
        services.restrict(subscriber_id=person, actor=Actor("subject", person), at=NOON)
        assert selectors.person(person).identity["last_name"] == "Nováková"
    data = b"".join(path.read_bytes() for path in outside.files()).lower()
    for text in ("jana", "novakova", "nováková", "mail.example"):
        assert text.encode() not in data


WHAT = st.sampled_from(["suppress", "lift", "leave", "leave all", "rejoin", "restrict", "release"])


@given(st.lists(st.tuples(st.integers(0, 1), WHAT), max_size=10))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_done_the_replay_ends_where_the_database_was(
    two: tuple[Bakery, list[UUID]], steps: list[tuple[int, str]]
) -> None:
    bakery, people = two
    forget(bakery)
    start = len(journal(bakery))
    for hours, (number, what) in enumerate(steps, 1):
        _do(bakery, people[number], what, NOON + hours * HOUR)
    before, lines = state(bakery), journal(bakery)[start:]
    for most in (1, 3, 1000):
        for old in (True, False):
            if old:
                forget(bakery)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(replaying, "_MOST", most)
                services.replay(lines)
            assert state(bakery) == before


@pytest.fixture
def two(bakery: Bakery) -> tuple[Bakery, list[UUID]]:
    return bakery, [join(bakery, f"reader{one}@mail.example") for one in range(2)]


def _do(bakery: Bakery, person: UUID, what: str, at: datetime) -> None:
    by = Actor("subject", person)
    with scope(bakery.id):
        if what == "suppress":
            services.suppress(subscriber_id=person, reason=Reason.OBJECTION, actor=by, at=at)
        elif what == "lift":
            services.unsuppress(subscriber_id=person, ground="asked", by_the_person=True, actor=by, at=at)
        elif what in ("leave", "leave all"):
            choices.withdraw(subscriber=person, list_id=bakery.list_id if what == "leave" else None, at=at)
        elif what == "rejoin":
            services.move(subscriber_id=person, list_id=bakery.list_id, state=State.SUBSCRIBED, actor=by, at=at)
        else:
            act = services.restrict if what == "restrict" else services.unrestrict
            act(subscriber_id=person, actor=by, at=at)


def test_what_is_done_together_is_one_write_before_the_commit(bakery: Bakery, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [join(bakery, f"reader{one}@mail.example") for one in range(3)]
    written: list[bytes] = []
    monkeypatch.setattr("mandata.infra.outside.writing.Writer.write", lambda self, data: written.append(data))
    with scope(bakery.id):
        with outside.together():
            for one in people:
                choices.withdraw(subscriber=one, list_id=None, at=NOON)
            assert not written
        assert len(written) == 1 and written[0].count(b"audience.withdrawn") == 3


def test_what_was_rolled_back_to_a_savepoint_is_not_told(bakery: Bakery, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [join(bakery, f"reader{one}@mail.example") for one in range(2)]
    written: list[bytes] = []
    monkeypatch.setattr("mandata.infra.outside.writing.Writer.write", lambda self, data: written.append(data))
    with scope(bakery.id), outside.together():
        choices.withdraw(subscriber=people[0], list_id=None, at=NOON)
        with pytest.raises(ZeroDivisionError), outside.attempt(), scope(bakery.id):
            choices.withdraw(subscriber=people[1], list_id=None, at=NOON)
            raise ZeroDivisionError
    (data,) = written
    assert str(people[0]).encode() in data and str(people[1]).encode() not in data

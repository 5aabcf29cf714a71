"""Single people: subscribed with evidence, found through the blind index, shown masked, left alone when they ask."""

import pytest
from django.db import connection

from mandata.agreements.errors import GateRefused
from mandata.agreements.models import Suspension
from mandata.audience import selectors, services
from mandata.audience.errors import FieldRefused, NoSuchList, NoSuchSubscriber, StillSuppressed, ValueNotTaken
from mandata.audience.rules.bases import Basis, Reason, State
from mandata.audience.rules.fields import STANDARD
from mandata.audience.selectors import Narrowing
from mandata.audience.services.envelopes import pack
from mandata.foundation import canonical
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id
from mandata.infra.tenancy import NoScope, scope
from mandata.vault.services import Vault
from tests.audience.conftest import NOON, Bakery
from tests.world import World

SUBJECT = Actor("subject")


def join(bakery: Bakery, email: str, **values: str) -> selectors.Person:
    with scope(bakery.id):
        made = services.subscribe(
            list_id=bakery.list_id, email=email, values=values, source="form", actor=bakery.member, at=NOON
        )
        return selectors.person(made)


@pytest.mark.req("AUDI-2")
def test_a_subscriber_has_basis_and_evidence_and_the_words_are_committed_to(bakery: Bakery) -> None:
    with scope(bakery.id):
        made = services.subscribe(
            list_id=bakery.list_id,
            email="Jana@Mail.example",
            values={"first_name": "Jana", "phone": "601 123 456", "country": "Česko", "birth_date": "3.4.1990"},
            source="form on the home page",
            consent_words="Yes, write to me about fresh bread.",
            by_the_person=True,
            actor=SUBJECT,
            at=NOON,
        )
        person = selectors.person(made)
    (place,) = person.places
    assert (place.state, place.basis, place.since) == ("subscribed", "consent", NOON)
    assert place.evidence["source"] == "form on the home page" and len(place.evidence["words"]) == 64
    assert person.identity == {
        "email": "Jana@mail.example",
        "first_name": "Jana",
        "phone": "+420601123456",
        "country": "CZ",
        "birth_date": "1990-04-03",
    }
    assert person.facets["provider"] == "Example Mail"
    assert (person.facets["country"], person.facets["birthday"]) == ("CZ", "04-03")
    with scope(bakery.id), connection.cursor() as cursor:
        cursor.execute("select count(*) from record_payload where holder = %s", [made])
        assert cursor.fetchone() == (1,)


def test_a_person_is_found_by_address_and_telephone_in_any_writing(bakery: Bakery) -> None:
    person = join(bakery, "Jana@Mail.example", phone="601123456")
    with scope(bakery.id):
        assert selectors.find_by_email(" JANA@mail.EXAMPLE ") == person.id
        assert selectors.find_by_phone("+420 601-123-456") == [person.id]
        assert selectors.find_by_email("nobody@mail.example") is None
        assert selectors.find_by_email("no address") is None
        assert selectors.find_by_phone("call me") == []


@pytest.mark.req("SEC-7")
def test_a_page_is_masked_unless_asked_to_show(bakery: Bakery) -> None:
    join(bakery, "jana@mail.example", first_name="Jana", last_name="Nováková")
    with scope(bakery.id):
        (sealed,) = selectors.page(narrowing=Narrowing(bakery.list_id)).rows
        (shown,) = selectors.page(narrowing=Narrowing(bakery.list_id), sealed=False).rows
    assert (sealed.address, sealed.name) == ("j•••@m•••.example", "J••• N•••")
    assert (shown.address, shown.name) == ("jana@mail.example", "Jana Nováková")
    assert (sealed.state, sealed.basis, sealed.restricted, sealed.suppressed) == ("subscribed", "consent", False, "")


def test_pages_follow_each_other_newest_first_and_can_be_filtered_and_searched(bakery: Bakery) -> None:
    people = [join(bakery, f"p{number}@{host}.example").id for number, host in enumerate(["mail", "post"] * 5)]
    with scope(bakery.id):
        first = selectors.page(narrowing=Narrowing(bakery.list_id), limit=4)
        second = selectors.page(narrowing=Narrowing(bakery.list_id), limit=4, after=first.after)
        third = selectors.page(narrowing=Narrowing(bakery.list_id), limit=4, after=second.after)
        assert [row.id for row in (*first.rows, *second.rows, *third.rows)] == people[::-1]
        assert third.after is None
        assert len(selectors.page(narrowing=Narrowing(provider="Example Post")).rows) == 5
        assert [row.id for row in selectors.page(search="P3@post.example").rows] == [people[3]]
        assert selectors.page(search="somebody@else.example").rows == []
        assert selectors.page(narrowing=Narrowing(bakery.list_id, "unsubscribed")).rows == []


def test_part_of_a_name_is_found_among_the_sealed_without_regard_to_accents(bakery: Bakery) -> None:
    jana = join(bakery, "jana@mail.example", first_name="Jana", last_name="Dvořáková")
    join(bakery, "eva@mail.example", first_name="Eva", last_name="Malá")
    with scope(bakery.id):
        for text in ("dvorak", "Jana Dvo", "JANA@ma", "jana"):
            assert [row.id for row in selectors.page(search=text).rows] == [jana.id]
        assert len(selectors.page(search="mail").rows) == 2
        assert selectors.page(search="nobody").rows == []


@pytest.mark.req("DSR-9", "AUDI-4")
def test_unsubscribing_from_everything_ends_every_list_and_suppresses(bakery: Bakery) -> None:
    person = join(bakery, "jana@mail.example")
    with scope(bakery.id):
        other = services.create_list(name="Other", actor=bakery.member, at=NOON)
        services.subscribe(list_id=other, email="jana@mail.example", source="form", actor=bakery.member, at=NOON)
        assert services.unsubscribe(subscriber_id=person.id, actor=SUBJECT, at=NOON)
        assert not services.unsubscribe(subscriber_id=person.id, actor=SUBJECT, at=NOON)
        after = selectors.person(person.id)
        assert {place.state for place in after.places} == {"unsubscribed"}
        assert services.is_suppressed(email="jana@mail.example", at=NOON) == "unsubscribed"
        with pytest.raises(StillSuppressed) as refused:
            services.subscribe(list_id=other, email="jana@mail.example", source="x", actor=bakery.member, at=NOON)
        assert refused.value.remedy
        services.subscribe(
            list_id=other, email="Jana@mail.example", source="form", by_the_person=True, actor=SUBJECT, at=NOON
        )
        assert services.is_suppressed(email="jana@mail.example", at=NOON) == ""


@pytest.mark.req("DSR-9")
def test_unsubscribing_from_one_list_leaves_the_others(bakery: Bakery) -> None:
    person = join(bakery, "jana@mail.example")
    with scope(bakery.id):
        other = services.create_list(name="Other", actor=bakery.member, at=NOON)
        services.subscribe(list_id=other, email="jana@mail.example", source="form", actor=bakery.member, at=NOON)
        services.unsubscribe(subscriber_id=person.id, list_id=other, actor=SUBJECT, at=NOON)
        states = {place.list_id: place.state for place in selectors.person(person.id).places}
        assert states == {bakery.list_id: "subscribed", other: "unsubscribed"}
        assert services.is_suppressed(email="jana@mail.example", at=NOON) == ""
        assert services.is_suppressed(email="jana@mail.example", at=NOON, scope=str(other)) == "unsubscribed"


@pytest.mark.req("AUDI-4", "DSR-13")
def test_a_member_lifts_a_bounce_but_not_what_the_person_asked_for(bakery: Bakery) -> None:
    with scope(bakery.id):
        for email, reason in (("a@mail.example", Reason.HARD_BOUNCE), ("b@mail.example", Reason.OBJECTION)):
            assert services.suppress(email=email, reason=reason, actor=bakery.member, at=NOON)
            assert not services.suppress(email=email.upper(), reason=reason, actor=bakery.member, at=NOON)
        lift = {"ground": "mailbox is back", "by_the_person": False, "actor": bakery.member, "at": NOON}
        assert services.unsuppress(email="a@mail.example", **lift)  # type: ignore[arg-type]
        assert not services.unsuppress(email="a@mail.example", **lift)  # type: ignore[arg-type]
        with pytest.raises(StillSuppressed):
            services.unsuppress(email="b@mail.example", **lift)  # type: ignore[arg-type]


def test_the_persons_own_will_outweighs_a_technical_ground(bakery: Bakery) -> None:
    with scope(bakery.id):
        for reason in (Reason.HARD_BOUNCE, Reason.OBJECTION, Reason.HARD_BOUNCE):
            services.suppress(email="a@mail.example", reason=reason, actor=bakery.member, at=NOON)
        assert services.is_suppressed(email="a@mail.example", at=NOON) == "objection"


@pytest.mark.req("DSR-4..8")
def test_rectifying_changes_fields_and_address_and_what_is_derived(bakery: Bakery) -> None:
    person = join(bakery, "jana@mail.example", first_name="Jana", city="Brno")
    join(bakery, "other@mail.example")
    with scope(bakery.id):
        services.rectify(
            subscriber_id=person.id,
            values={"first_name": "Hana", "city": "", "phone": "601123456"},
            email="Hana@post.example",
            actor=bakery.member,
            at=NOON,
        )
        after = selectors.person(person.id)
        assert after.identity == {"email": "Hana@post.example", "first_name": "Hana", "phone": "+420601123456"}
        assert after.facets["provider"] == "Example Post"
        assert selectors.find_by_email("jana@mail.example") is None
        assert selectors.find_by_email("hana@post.example") == person.id
        with pytest.raises(ValueNotTaken):
            services.rectify(subscriber_id=person.id, values={}, email="other@mail.example", actor=SUBJECT, at=NOON)
        with pytest.raises(NoSuchSubscriber):
            services.rectify(subscriber_id=new_id(), values={}, actor=SUBJECT, at=NOON)


@pytest.mark.req("DSR-4..8")
def test_restriction_is_set_once_and_lifted_once(bakery: Bakery) -> None:
    person = join(bakery, "jana@mail.example")
    with scope(bakery.id):
        assert services.restrict(subscriber_id=person.id, actor=SUBJECT, at=NOON)
        assert not services.restrict(subscriber_id=person.id, actor=SUBJECT, at=NOON)
        assert selectors.person(person.id).restricted_at == NOON
        assert services.unrestrict(subscriber_id=person.id, actor=bakery.member, at=NOON)
        assert selectors.person(person.id).restricted_at is None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"phone": "x"}, "telephone_invalid"),
        ({"birth_date": "soon"}, "date_invalid"),
        ({"nothing": "x"}, "field_unknown"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(bakery: Bakery, values: dict[str, str], code: str) -> None:
    with pytest.raises(ValueNotTaken) as refused:
        join(bakery, "jana@mail.example", **values)
    assert refused.value.code == f"audience.{code}"
    with pytest.raises(ValueNotTaken):
        join(bakery, "no address")


def test_a_pending_subscription_is_confirmed_or_not(bakery: Bakery) -> None:
    with scope(bakery.id):
        made = services.subscribe(
            list_id=bakery.list_id, email="a@mail.example", source="form", pending=True, actor=SUBJECT, at=NOON
        )
        assert selectors.person(made).places[0].state == "pending"
        moved = {
            "subscriber_id": made,
            "list_id": bakery.list_id,
            "state": State.SUBSCRIBED,
            "actor": SUBJECT,
            "at": NOON,
        }
        assert services.move(**moved)  # type: ignore[arg-type]
        assert not services.move(**moved)  # type: ignore[arg-type]
        found = selectors.find_list(bakery.list_id)
        assert (found.subscribed, found.pending) == (1, 0)


def test_lists_are_numbered_named_and_counted(bakery: Bakery) -> None:
    join(bakery, "a@mail.example")
    with scope(bakery.id):
        second = services.create_list(name=" VIP ", description="the best", actor=bakery.member, at=NOON)
        services.rename_list(list_id=second, name="Friends", description="", actor=bakery.member, at=NOON)
        rows = selectors.lists()
        assert [(row.number, row.name, row.subscribed) for row in rows] == [(1, "Newsletter", 1), (2, "Friends", 0)]
        with pytest.raises(Refused):
            services.create_list(name="", actor=bakery.member, at=NOON)
        with pytest.raises(NoSuchList):
            services.subscribe(list_id=new_id(), email="a@mail.example", source="x", actor=SUBJECT, at=NOON)
        with pytest.raises(NoSuchList):
            selectors.find_list(new_id())


def field(
    bakery: Bakery, key: str, category: str, *, sealed: bool, kind: str = "text", choices: tuple[str, ...] = ()
) -> None:
    with scope(bakery.id):
        services.create_field(
            key=key,
            label=key.title(),
            kind=kind,
            category=category,
            sealed=sealed,
            choices=choices,
            actor=bakery.member,
            at=NOON,
        )


@pytest.mark.req("CAT-3", "AUDI-1")
def test_a_declared_field_is_typed_and_lies_sealed_or_in_clear(bakery: Bakery) -> None:
    field(bakery, "orders", "activity", sealed=False, kind="number")
    field(bakery, "nickname", "contact", sealed=True)
    person = join(bakery, "a@mail.example", orders="1 200,50", nickname="Janča")
    assert person.clear == {"orders": "1200.5"}
    assert person.identity["nickname"] == "Janča"
    with scope(bakery.id):
        assert list(selectors.field_specs()) == [*STANDARD, "orders", "nickname"]


@pytest.mark.req("CAT-4")
@pytest.mark.parametrize("category", ["special", "criminal"])
def test_a_field_of_a_special_category_is_refused_with_the_clause(bakery: Bakery, category: str) -> None:
    with pytest.raises((FieldRefused, GateRefused)) as refused:
        field(bakery, "diet", category, sealed=True)
    assert refused.value.clause == "processing.special"
    assert refused.value.remedy


@pytest.mark.req("CAT-3")
def test_identifying_fields_in_clear_unknown_kinds_and_doubles_are_refused(bakery: Bakery) -> None:
    field(bakery, "orders", "activity", sealed=False, kind="number")
    for key, category, sealed, kind in (
        ("nick", "contact", False, "text"),
        ("orders", "activity", False, "number"),
        ("city", "contact", True, "text"),
        ("Größe", "own", True, "text"),
        ("size", "own", True, "colour"),
        ("size", "astrology", True, "text"),
    ):
        with pytest.raises(FieldRefused):
            field(bakery, key, category, sealed=sealed, kind=kind)


def test_another_controllers_people_are_not_there(bakery: Bakery, world: World) -> None:
    person = join(bakery, "jana@mail.example")
    stranger = world.controller()
    with scope(stranger.id):
        assert selectors.find_by_email("jana@mail.example") is None
        assert selectors.page().rows == []
        with pytest.raises(NoSuchSubscriber):
            selectors.person(person.id)
        with pytest.raises(NoSuchSubscriber):
            services.unsubscribe(subscriber_id=person.id, actor=SUBJECT, at=NOON)
    with pytest.raises(NoScope):
        selectors.find_by_email("jana@mail.example")


def test_the_same_address_has_different_indexes_at_different_controllers_and_for_different_purposes(
    bakery: Bakery, world: World
) -> None:
    stranger = world.controller()
    found = set()
    for controller in (bakery.id, stranger.id):
        with scope(controller):
            vault = Vault.open()
            found |= {vault.index(purpose, "jana@mail.example") for purpose in ("email", "suppression", "phone")}
    assert len(found) == 6


def test_packed_fields_are_canonical_json() -> None:
    identity = {"last_name": 'Žižka "Bůh"\\ \u2028/', "email": "a@b.cz", "vip": True, "first_name": "é\x7f"}
    assert pack(identity) == canonical.dumps(identity)


@pytest.mark.req("AUDI-2", "INS-1")
def test_a_person_is_put_on_a_list_only_on_a_ground_that_the_agreement_permits(bakery: Bakery) -> None:
    with scope(bakery.id), pytest.raises(GateRefused) as refused:
        services.subscribe(
            list_id=bakery.list_id, email="a@mail.example", basis=Basis.NONE, source="x", actor=SUBJECT, at=NOON
        )
    assert refused.value.code == "import.basis"


@pytest.mark.req("INS-1", "DSR-4..8")
def test_while_the_controller_has_stopped_everything_nobody_is_added_but_people_are_corrected(bakery: Bakery) -> None:
    with scope(bakery.id):
        jana = services.subscribe(
            list_id=bakery.list_id, email="jana@mail.example", source="form", actor=bakery.member, at=NOON
        )
        Suspension.objects.create(by=new_id(), at=NOON)
        with pytest.raises(GateRefused) as refused:
            services.subscribe(list_id=bakery.list_id, email="b@mail.example", source="x", actor=bakery.member, at=NOON)
        assert refused.value.code == "instruction.not_halted"
        services.rectify(subscriber_id=jana, values={"first_name": "Jana"}, actor=SUBJECT, at=NOON)
        assert selectors.person(jana).identity["first_name"] == "Jana"

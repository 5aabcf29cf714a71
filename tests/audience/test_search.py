"""Search without plaintext: exactly and by whole words through the blind index, in part and sorted by unsealing."""

import threading
from uuid import UUID

import pytest
from django.db import connection, connections

from mandata.audience import selectors, services
from mandata.audience.errors import NoSuchField, TooMany
from mandata.audience.models import Indexing, Lookup
from mandata.audience.rules.bases import Reason
from mandata.audience.selectors import Narrowing, facets, overview, sealed
from mandata.audience.services import reindexing
from mandata.foundation.actors import Actor
from mandata.holdings import services as holdings
from mandata.holdings.selectors import subject_by_address
from mandata.infra import bulk
from mandata.infra.tenancy import scope
from mandata.vault import services as vault
from mandata.vault.models import Secret
from tests.audience.conftest import NOON, Bakery
from tests.audience.test_people import join
from tests.world.files import shop_export

SUBJECT = Actor("subject")


def found(bakery: Bakery, text: str, **asked: object) -> list[UUID]:
    with scope(bakery.id):
        return [row.id for row in selectors.page(search=text, **asked).rows]  # type: ignore[arg-type]


def lookups(bakery: Bakery, person: UUID | None = None) -> int:
    with scope(bakery.id):
        rows = Lookup.objects.all() if person is None else Lookup.objects.filter(subscriber_id=person)
        return int(rows.count())


def named(bakery: Bakery) -> dict[str, UUID]:
    people = {
        "jana": ("Jana", "Nováková"),
        "eva": ("Eva", "Nováková-Malá"),
        "petr": ("Petr", "Müller"),
        "ota": ("Ing. Ota", "Dvořák"),
    }
    return {
        name: join(bakery, f"{name}@mail.example", first_name=first, last_name=last).id
        for name, (first, last) in people.items()
    }


@pytest.mark.req("SEC-5")
def test_people_are_found_by_whole_words_of_the_name_all_of_which_must_fit(bakery: Bakery) -> None:
    people = named(bakery)
    assert found(bakery, "novakova") == [people["eva"], people["jana"]]
    assert found(bakery, "NOVÁKOVÁ Jana") == [people["jana"]]
    assert found(bakery, "mala nováková") == [people["eva"]]
    assert found(bakery, "Mueller") == found(bakery, "muller") == [people["petr"]]
    assert found(bakery, "Dvořák, Ota") == [people["ota"]]
    assert found(bakery, "Jana Malá") == []
    with scope(bakery.id):
        assert selectors.page(search="Nováková").how == "words"
        assert selectors.find_by_name("Nováková Eva") == [people["eva"]]
        assert selectors.find_by_name(" ") == []


@pytest.mark.req("SEC-5")
def test_people_are_found_by_identification_number_and_by_fields_that_were_declared_so(bakery: Bakery) -> None:
    with scope(bakery.id):
        for key, kind in (("card", "number"), ("work_phone", "phone"), ("nick", "name")):
            services.create_field(
                key=key, label=key, kind="text", category="identity" if key == "card" else "contact", sealed=True,
                lookup=kind, actor=bakery.member, at=NOON,
            )  # fmt: skip
    one = join(
        bakery,
        "jana@mail.example",
        identification_number="760506/1234",
        card="A-77 12",
        work_phone="602 111 222",
        nick="Janinka",
    ).id
    for text in ("7605061234", "760506 / 1234", "a7712", "A-77 12", "+420 602 111 222", "602111222", "janinka"):
        assert found(bakery, text) == [one], text
    with scope(bakery.id):
        assert selectors.find_by_number("760506/1234") == [one]
        assert selectors.find_by_number("-") == []
        assert selectors.find_by_phone("602111222") == [one]
        assert selectors.page(search="760506/1234").how == "exact"


@pytest.mark.req("SEC-5", "DSR-5")
def test_a_correction_moves_the_words_with_the_name(bakery: Bakery) -> None:
    person = join(bakery, "jana@mail.example", first_name="Jana", last_name="Nováková").id
    with scope(bakery.id):
        services.rectify(subscriber_id=person, values={"last_name": "Malá"}, actor=SUBJECT, at=NOON)
        assert selectors.find_by_name("Nováková") == []
        assert selectors.find_by_name("Malá Jana") == [person]
        services.rectify(subscriber_id=person, values={"last_name": "", "first_name": ""}, actor=SUBJECT, at=NOON)
    assert lookups(bakery, person) == 0


@pytest.mark.req("SEC-5", "AUDI-1")
def test_an_import_writes_and_rewrites_the_words_of_its_people(bakery: Bakery) -> None:
    head = "E-mail;Jméno;Příjmení;Souhlas;Datum souhlasu\n"
    bakery.take_in((head + "a@mail.example;Iva;Bílá;ano;1.2.2024\n").encode())
    (person,) = found(bakery, "bila iva")
    bakery.take_in((head + "a@mail.example;Iva;Černá;ano;1.2.2024\n").encode(), update="overwrite")
    assert found(bakery, "černá iva") == [person]
    with scope(bakery.id):
        assert selectors.find_by_name("Bílá") == []
    bakery.take_in((head + "b@mail.example;Ivo;Šedý;ano;1.2.2024\n").encode(), dry_run=True)
    assert lookups(bakery) == 2


@pytest.mark.req("SEC-5", "DSR-8")
def test_the_words_of_an_erased_person_are_gone(bakery: Bakery) -> None:
    people = named(bakery)
    with scope(bakery.id):
        subject = subject_by_address("jana@mail.example")
        assert subject is not None
        done = holdings.erase(subject=subject, ground="consent_withdrawn", actor=bakery.member, at=NOON)
    assert done.counts["lookups"] == {"deleted": 2, "anonymised": 0}
    assert lookups(bakery, people["jana"]) == 0
    assert found(bakery, "Nováková") == [people["eva"]]


@pytest.mark.req("DSR-8")
def test_words_that_come_in_while_the_deletion_waits_go_too(bakery: Bakery) -> None:
    person = join(bakery, "jana@mail.example", first_name="Jana").id
    ready, go = threading.Event(), threading.Event()

    def late() -> None:
        with scope(bakery.id):
            bulk.execute("select 1 from audience_subscriber where id = %b for update", [person])
            ready.set()
            go.wait(60)
            bulk.execute(
                "insert into audience_lookup (controller_id, kind, version, subscriber_id, index)"
                " values (%b, 'name', 101, %b, %b)",
                [bakery.id, person, b"x" * 16],
            )
        connections.close_all()

    thread = threading.Thread(target=late)
    thread.start()
    assert ready.wait(60)
    timer = threading.Timer(0.5, go.set)
    timer.start()
    with scope(bakery.id):
        bulk.execute("delete from audience_lookup where subscriber_id = %b", [person])
        bulk.execute("delete from audience_subscriber where id = %b", [person])
    thread.join()
    assert lookups(bakery, person) == 0


@pytest.mark.req("SEC-5")
def test_people_who_were_here_before_get_their_words_by_a_job_that_goes_on_where_it_was_stopped(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = named(bakery)
    with scope(bakery.id):
        bulk.execute("delete from audience_lookup", [])
        Secret.objects.filter(purpose="name").delete()
        reindexing.reindex(at=NOON)
        page = selectors.page(search="Nováková", narrowing=Narrowing(bakery.list_id))
        assert (page.how, page.unfinished) == ("part", 0)
        page = selectors.page(search="Malá")
        assert page.unfinished == 0
    monkeypatch.setattr(reindexing, "BATCH", 1)
    assert reindexing.run_slice(controller_id=bakery.id, seconds=0)
    with scope(bakery.id):
        assert selectors.unfinished() == 1
        assert selectors.find_by_name("Jana") == [people["jana"]]
        assert selectors.find_by_name("Petr") == []
    assert reindexing.queue_due() >= 1  # the table is that of all controllers
    assert not reindexing.run_slice(controller_id=bakery.id)
    with scope(bakery.id):
        assert selectors.unfinished() is None
        assert selectors.find_by_name("Müller") == [people["petr"]]
        assert Indexing.objects.get(controller_id=bakery.id).people == len(people)
    assert not reindexing.run_slice(controller_id=bakery.id)


def test_a_controller_older_than_a_purpose_gets_its_secret_once(bakery: Bakery) -> None:
    with scope(bakery.id):
        Secret.objects.filter(purpose="name").delete()
        first = vault.Vault.open().index("name", "jana")
        assert vault.Vault.open().index("name", "jana") == first
        assert Secret.objects.filter(purpose="name").count() == 1
        assert vault.Vault.open().index("name", "jana") == first


def test_a_withdrawn_field_finds_nobody_any_more(bakery: Bakery) -> None:
    with scope(bakery.id):
        field = services.create_field(
            key="nick", label="Nick", kind="text", category="contact", sealed=True, lookup="name",
            actor=bakery.member, at=NOON,
        )  # fmt: skip
    while reindexing.run_slice(controller_id=bakery.id):
        pass
    person = join(bakery, "jana@mail.example", nick="Janinka").id
    assert lookups(bakery, person) == 1
    with scope(bakery.id):
        services.remove_field(field_id=field, actor=bakery.member, at=NOON)
    while reindexing.run_slice(controller_id=bakery.id):
        pass
    assert lookups(bakery, person) == 0


def test_parts_are_found_page_by_page_within_the_filters(bakery: Bakery) -> None:
    people = [join(bakery, f"p{number}@mail.example", last_name=f"Kovář{number}").id for number in range(7)]
    other = join(bakery, "x@post.example", last_name="Kovařík", company="Kovárna", phone="601 123 456").id
    assert found(bakery, "kovar", limit=10) == [other, *people[::-1]]
    with scope(bakery.id):
        first = selectors.page(search="kovar", limit=3)
        second = selectors.page(search="kovar", part=True, limit=3, after=first.after)
        third = selectors.page(search="kovar", part=True, limit=3, after=second.after)
    assert [row.id for page in (first, second, third) for row in page.rows] == [other, *people[::-1]]
    assert third.after is None and first.how == "part"
    assert found(bakery, "kovar", narrowing=Narrowing(provider="Example Post")) == [other]
    assert found(bakery, "3456") == found(bakery, "kovarna") == [other]
    assert found(bakery, "nobody") == found(bakery, "---") == []
    assert found(bakery, "nobody@else.example") == []


@pytest.mark.parametrize("text", ["p1", "Kovář"])
def test_words_are_searched_in_part_only_where_asked(bakery: Bakery, text: str) -> None:
    whole = join(bakery, "a@mail.example", last_name=text).id
    inner = join(bakery, "b@mail.example", last_name=f"{text}ovič").id
    assert found(bakery, text) == [whole]
    assert found(bakery, text, part=True) == [inner, whole]


def test_people_are_sorted_by_any_sealed_field_and_pages_hold_while_somebody_goes(bakery: Bakery) -> None:
    with scope(bakery.id):
        services.create_field(
            key="shoe", label="Shoe", kind="number", category="own", sealed=True, actor=bakery.member, at=NOON
        )
    told = [("d", "Čech", "9"), ("a", "Cibulka", "10"), ("c", "Chalupa", ""), ("b", "Hora", "8.5"), ("e", "", "")]
    people = {
        letter: join(bakery, f"{letter}@mail.example", last_name=name, shoe=shoe).id for letter, name, shoe in told
    }

    def order(sort: str, language: str = "cs") -> str:
        with scope(bakery.id):
            rows = selectors.page(sort=sort, language=language).rows
        return "".join(next(key for key, value in people.items() if value == row.id) for row in rows)

    assert order("email") == "abcde"
    assert order("-email") == "edcba"
    assert order("name") == "adbce"
    assert order("name", "en") == "cadbe"
    assert order("-name") == "cbdae"
    assert order("shoe").startswith("bda")
    with scope(bakery.id):
        first = selectors.page(sort="email", limit=2)
        assert first.after == people["b"]
        bulk.execute("delete from audience_subscriber where id = %b", [people["b"]])
        second = selectors.page(sort="email", limit=2, after=first.after, position=first.position - 1)
        assert [row.id for row in second.rows] == [people["c"], people["d"]]
        third = selectors.page(sort="email", limit=2, after=second.after, position=second.position)
        assert [row.id for row in third.rows] == [people["e"]] and third.after is None
        listed = selectors.page(sort="name", narrowing=Narrowing(bakery.list_id))
        assert {row.state for row in listed.rows} == {"subscribed"}
        with pytest.raises(NoSuchField):
            selectors.page(sort="orders")


def test_too_many_people_are_not_unsealed_and_the_refusal_says_what_to_do(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "LIMIT", 2)
    people = named(bakery)
    with scope(bakery.id):
        for asked in ({"search": "nov", "part": True}, {"search": "ovakov"}, {"sort": "name"}):
            with pytest.raises(TooMany) as refused:
                selectors.page(**asked)
            assert "filter" in refused.value.remedy and refused.value.status == 422
        assert [row.id for row in selectors.page(search="Jana").rows] == [people["jana"]]
        assert selectors.page(search="nobody@mail.example").rows == []
        assert selectors.page(search="nov", narrowing=Narrowing(country="AT")).rows == []


@pytest.mark.req("AUDI-4")
def test_facets_narrow_group_and_combine_with_a_list(bakery: Bakery) -> None:
    told = [("mail", "CZ", "cs", "1990-04-03"), ("mail", "AT", "de", "1991-04-20"), ("post", "CZ", "", "")]
    people = [
        join(bakery, f"p{at}@{host}.example", country=country, language=language, birth_date=born, region="Jih").id
        for at, (host, country, language, born) in enumerate(told)
    ]
    with scope(bakery.id):
        other = services.create_list(name="Other", actor=bakery.member, at=NOON)
        services.subscribe(list_id=other, email="p1@mail.example", source="form", actor=bakery.member, at=NOON)
        services.unsubscribe(subscriber_id=people[0], list_id=bakery.list_id, actor=SUBJECT, at=NOON)

        def ids(**asked: object) -> list[UUID]:
            return [row.id for row in selectors.page(narrowing=Narrowing(**asked)).rows]  # type: ignore[arg-type]

        assert ids(country="CZ") == [people[2], people[0]]
        assert ids(country="CZ", list_id=bakery.list_id, state="subscribed") == [people[2]]
        assert ids(birthday="04") == [people[1], people[0]] and ids(birthday="04-20") == [people[1]]
        assert ids(mail_domain="post.example", region="Jih") == [people[2]]
        assert ids(language="de", list_id=other) == [people[1]]
        assert ids(list_id=other) == [people[1]]
        by = facets.groups("country")
        assert (by.rows, by.unknown, by.people) == ([("CZ", 2), ("AT", 1)], 0, 3)
        by = facets.groups("language", narrowing=Narrowing(bakery.list_id))
        assert (by.rows, by.unknown) == ([("cs", 1), ("de", 1)], 1)
        by = facets.groups("provider", limit=1)
        assert by.more and by.rows == [("Example Mail", 2)]
        assert facets.groups("provider", start=1, limit=1).rows == [("Example Post", 1)]
        assert facets.groups("birthday").rows == [("04", 2)]
        assert overview.choices()["country"] == ["CZ", "AT"] and overview.choices()["birthday"] == ["04"]
        with pytest.raises(KeyError):
            facets.groups("identity")


def test_rare_facets_on_a_list_are_looked_up_and_common_ones_gone_through_with_the_same_answer(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery.take_in(b"".join(shop_export(60)))
    wanted = Narrowing(bakery.list_id, "subscribed", provider="Example Mail")
    with scope(bakery.id):
        looked_up = selectors.page(narrowing=wanted, limit=20)
        monkeypatch.setattr("mandata.audience.selectors.narrowing.FEW", 1)
        gone_through = selectors.page(narrowing=wanted, limit=20)
    assert looked_up == gone_through and len(looked_up.rows) == 20


def test_a_search_tells_nothing_in_the_database_but_hashes(bakery: Bakery) -> None:
    named(bakery)
    with scope(bakery.id), connection.cursor() as cursor:
        cursor.execute("select string_agg(l::text, ' ') from audience_lookup l")
        text = cursor.fetchone()[0]
        services.suppress(email="jana@mail.example", reason=Reason.MANUAL, actor=bakery.member, at=NOON)
    assert "nov" not in text and b"novakova".hex() not in text

"""A party's addresses: kept in its own scope, told to the old and the new, and to the other party (AGR-7)."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

import pytest
from procrastinate import PsycopgConnector
from procrastinate.contrib.django.utils import connector_params

from mandata.accounts import selectors as accounts
from mandata.accounts import services as account
from mandata.accounts.models import NoticeAddress
from mandata.agreements.models import Served
from mandata.agreements.services import addresses
from mandata.agreements.services.everybody import Untold
from mandata.cli.worker import _with_fresh_connections
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id, now
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from tests.accounts.mail import settings
from tests.world import World
from tests.world.people import House, registered

BY = Actor("member", UUID(int=5))


@pytest.fixture
def house(world: World) -> House:
    home = registered()
    with scope(home.id):
        account.controllers.correct(
            actor=SYSTEM, at=now(), contact="office@bakery.example", privacy_contact="privacy@bakery.example"
        )
    return home


@pytest.fixture
def processor(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The installation's own book, empty before and after."""
    settings(monkeypatch, MANDATA_OPERATOR_CONTACT="desk@processor.example", MANDATA_OPERATOR_NAME="Post Office")
    yield
    with scope(INSTANCE):
        NoticeAddress.objects.all().delete()


def reached(kind: str) -> list[str]:
    return [one.address for one in accounts.reached(kind)]


def told() -> set[str]:
    """To whom the scope's mails of a change go."""
    found = [one["id"] for one in accounts.notices(20) if one["kind"] == "addresses_changed"]
    return {account.notices.contents(notice)["to"] for notice in found}


@pytest.mark.req("AGR-7")
def test_without_a_book_the_controllers_contacts_hold(house: House) -> None:
    with scope(house.id):
        assert reached("notices") == ["office@bakery.example", "privacy@bakery.example"]
        assert reached("breaches") == ["privacy@bakery.example", "office@bakery.example"]
        assert reached("invoices") == ["office@bakery.example"]
        assert not any(one.stated for kind in accounts.book().values() for one in kind)


@pytest.mark.req("AGR-7")
def test_a_book_goes_before_the_contacts_which_stay_as_the_second(house: House) -> None:
    with scope(house.id):
        account.addresses.keep(kind="notices", first="legal@bakery.example", actor=BY, at=now())
        assert reached("notices") == ["legal@bakery.example", "office@bakery.example"]
        assert reached("breaches") == ["legal@bakery.example", "privacy@bakery.example"]
        assert reached("invoices") == ["office@bakery.example"]
        account.addresses.keep(kind="breaches", first="a@b.example", second="c@b.example", actor=BY, at=now())
        assert reached("breaches") == ["a@b.example", "c@b.example"]
        account.addresses.keep(kind="notices", first="", actor=BY, at=now())
        assert reached("notices") == ["office@bakery.example", "privacy@bakery.example"]


@pytest.mark.req("AGR-7")
def test_a_change_is_told_to_old_and_new_addresses_and_recorded_without_them(house: House) -> None:
    with scope(house.id):
        account.addresses.keep(kind="notices", first="legal@bakery.example", actor=BY, at=now())
        assert told() - {house.owner.email} == {
            "office@bakery.example",
            "privacy@bakery.example",
            "legal@bakery.example",
        }
        entries = list(Entry.objects.filter(kind="addresses.changed"))
        assert not any(b"bakery.example" in bytes(entry.leaf) for entry in entries)
        assert account.addresses.keep(kind="notices", first="legal@bakery.example", actor=BY, at=now()) is None
        assert Entry.objects.filter(kind="addresses.changed").count() == len(entries)


@pytest.mark.req("AGR-7")
def test_a_changed_contact_is_told_to_the_old_and_the_new_where_it_changes_where_notices_go(house: House) -> None:
    with scope(house.id):
        before = told()
        account.controllers.correct(actor=BY, at=now(), name="Demo Bakery and Mill")
        assert told() == before
        account.controllers.correct(actor=BY, at=now(), contact="new@bakery.example")
        assert told() - before == {"new@bakery.example"}
        account.addresses.keep(kind="notices", first="a@b.example", second="c@b.example", actor=BY, at=now())
        account.addresses.keep(kind="invoices", first="a@b.example", second="c@b.example", actor=BY, at=now())
        count = Entry.objects.filter(kind="addresses.changed").count()
        account.controllers.correct(actor=BY, at=now(), contact="newer@bakery.example")
        assert "newer@bakery.example" not in told(), "the book names both, so the contact matters no more"
        assert Entry.objects.filter(kind="addresses.changed").count() == count


@pytest.mark.req("AGR-7")
@pytest.mark.parametrize(
    ("first", "second"),
    [("nobody", ""), ("a@b.example", "x y@z.example"), ("a@b.example", "A@B.example"), ("", "a@b.example")],
)
def test_what_is_no_address_and_a_second_that_is_the_first_are_refused(house: House, first: str, second: str) -> None:
    with scope(house.id), pytest.raises(Refused) as refused:
        account.addresses.keep(kind="notices", first=first, second=second, actor=BY, at=now())
    assert refused.value.remedy


@pytest.mark.req("AGR-7")
def test_a_controllers_change_is_served_on_the_processor(house: House, processor: None) -> None:
    with scope(house.id):
        addresses.change(kind="invoices", first="books@bakery.example", actor=BY, at=now())
        (served,) = Served.objects.all()
        assert (served.party, served.kind, served.clause) == ("processor", "addresses.changed", "notices.channel")
        said = account.notices.contents(served.notice)
    assert said["to"] == "desk@processor.example"
    assert "books@bakery.example" in said["text"]


@pytest.mark.req("AGR-7")
def test_the_processors_change_is_served_on_every_controller_once(house: House, processor: None) -> None:
    other, gone = registered("Mill"), registered("Closed")
    with scope(gone.id):
        account.controllers.move(state="ended", reason="over", actor=SYSTEM, at=now())
    addresses.change_processor(kind="notices", first="new@processor.example", by=new_id(), at=now())
    asyncio.run(_work_off())
    for home, count in ((house, 1), (other, 1), (gone, 0)):
        with scope(home.id):
            assert Served.objects.filter(kind="addresses.changed").count() == count
            assert accounts.processor_reached("notices")[0].address == "new@processor.example"
    with scope(house.id):
        (served,) = Served.objects.all()
        assert "new@processor.example" in account.notices.contents(served.notice)["text"]
        change = served.about
    with suppress(Untold):  # of a controller that another test left without its keys
        addresses.tell_controllers(book="notices", change_id=change, at=now())
    with scope(house.id):
        assert Served.objects.count() == 1
    with scope(INSTANCE):
        assert told() >= {"new@processor.example", "desk@processor.example"}


async def _work_off() -> None:
    with app.replace_connector(PsycopgConnector(kwargs=connector_params())) as jobs:
        async with jobs.open_async():
            await jobs.run_worker_async(
                queues=["agreements"],
                wait=False,
                install_signal_handlers=False,
                task_middleware=[_with_fresh_connections],
            )

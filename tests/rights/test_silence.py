"""Nothing lapses in silence, nothing is said before it happened, and nobody is written to where nobody reads."""

from datetime import timedelta
from typing import Any

import pytest

from mandata.agreements.selectors import obligations as obliged
from mandata.infra.tenancy import scope
from mandata.rights import rules, selectors, services
from mandata.rights.errors import NotAskable, NotJoined
from mandata.rights.models import Letter, Transmission
from mandata.rights.services import transmitting
from tests.holdings.cast import LATER, NOVAK, a_shop
from tests.rights.asking import OFFICER, a_us_shop, answer, ask, confirmed, mails, somebody, told, view
from tests.world import World

DAY = timedelta(days=1)


@pytest.mark.req("DSR-1", "DSR-10")
@pytest.mark.parametrize("channel", sorted(rules.PAPER))
def test_who_asked_on_paper_and_uses_no_link_is_not_let_go_in_silence(world: World, channel: str) -> None:
    shop = a_shop(world)
    somebody(shop, NOVAK, first_name="Jana")
    case_id = ask(shop, channel=channel, name="Jana Nováková", post="Brno").case_id
    with scope(shop.id):
        assert [one.id for one in selectors.waiting(at=LATER)] == [case_id], "an officer sees it from the start"
        services.expire(at=LATER + rules.CONFIRM_LASTS - DAY)
    assert "unconfirmed" not in told(shop, case_id)
    over = LATER + rules.CONFIRM_LASTS + timedelta(minutes=1)
    with scope(shop.id):
        services.expire(at=over)
        services.expire(at=over + DAY)
        assert Letter.objects.filter(case_id=case_id, kind="unconfirmed").count() == 1
    assert told(shop, case_id).count("unconfirmed") == 1
    (mail,) = mails(shop, "rights.controller")
    assert NOVAK not in mail["text"]
    with scope(shop.id):
        services.expire(at=LATER + 3 * rules.CONFIRM_LASTS)
        seen = selectors.case(case_id, at=LATER + 3 * rules.CONFIRM_LASTS)
        assert (seen.row.state, seen.row.late) == ("received", True)
        assert (
            rules.ANSWER in {one.duty for one in obliged.open_about(case_id)} if hasattr(obliged, "open_about") else 1
        )
        services.confirm_by_hand(case_id=case_id, actor=OFFICER, at=LATER + 40 * DAY)
    assert answer(shop, case_id, at=LATER + 41 * DAY)["result"] == "handed_over"


@pytest.mark.req("DSR-1")
def test_a_request_that_was_handed_in_later_has_the_time_of_its_own_link(world: World) -> None:
    shop = a_shop(world)
    case_id = ask(shop, received_at=LATER - 60 * DAY).case_id
    with scope(shop.id):
        services.expire(at=LATER + DAY)
    assert view(shop, case_id).row.state == "received"
    with scope(shop.id):
        services.expire(at=LATER + 2 * rules.CONFIRM_LASTS + DAY)
    assert view(shop, case_id).row.state == "expired"


@pytest.mark.req("DSR-7")
@pytest.mark.parametrize(("status", "kind"), [(201, "transmitted"), (410, "not_transmitted")])
def test_that_a_copy_was_sent_is_said_once_it_was_and_not_before(world: World, status: int, kind: str) -> None:
    shop = a_shop(world)
    somebody(shop, NOVAK, first_name="Jana")
    case_id = confirmed(shop, "portability", to="https://other.example/in")
    answer(shop, case_id)
    (said,) = mails(shop, "rights.answered")
    assert "also asked us to send it to other.example" in said["text"]
    assert mails(shop, "rights.transmitted") == []
    with scope(shop.id):
        sending = services.transmit(case_id=case_id, address="", actor=OFFICER, at=LATER)
    assert mails(shop, "rights.transmitted") == []
    for _twice in range(2):
        transmitting.deliver(controller_id=shop.id, transmission_id=sending, at=LATER, post=lambda *_all: status)
    (mail,) = mails(shop, "rights.transmitted")
    assert ("confirmed that it took it" in mail["text"]) == (status == 201)
    assert told(shop, case_id).count(kind) == 1
    with scope(shop.id):
        assert Transmission.objects.get().told_at == LATER


@pytest.mark.req("DSR-4")
def test_after_a_corrected_address_the_letter_goes_where_the_person_reads_and_the_old_address_is_warned(
    world: World,
) -> None:
    shop, new = a_shop(world), "jana.svobodova@inbox.example"
    somebody(shop, NOVAK, first_name="Jana")
    waiting = confirmed(shop, "access")
    case_id = confirmed(shop, "rectification")
    answer(shop, case_id, changes={"email": new, "first_name": "Johana"})
    (letter,) = mails(shop, "rights.answered")
    (warning,) = mails(shop, "rights.address_changed")
    assert (letter["to"], warning["to"]) == (new, NOVAK)
    assert new not in warning["text"], "a stranger at the old address learns nothing"
    assert "Johana" not in warning["text"]
    answer(shop, waiting)
    assert mails(shop, "rights.answered")[0]["to"] == new, "another request of the same person follows"


@pytest.mark.req("DSR-4")
def test_where_the_address_stays_nobody_is_warned(world: World) -> None:
    shop = a_shop(world)
    somebody(shop, NOVAK, first_name="Jana")
    answer(shop, confirmed(shop, "rectification"), changes={"first_name": "Johana"})
    assert mails(shop, "rights.address_changed") == []


@pytest.mark.req("DSR-9", "DSR-3")
def test_a_household_gets_more_time_together(world: World) -> None:
    shop = a_us_shop(world)
    people = ["ann@inbox.example", "bob@inbox.example"]
    with scope(shop.id):
        head = services.receive_household(
            what="know", address=people[0], others=people[1:], channel="portal", language="en", at=LATER
        )
        members = selectors.case(head.case_id, at=LATER).members
        with pytest.raises(NotJoined):
            services.extend(case_id=members[0].id, reason="Many files.", actor=OFFICER, at=LATER + DAY)
        due = services.extend(case_id=head.case_id, reason="Many files.", actor=OFFICER, at=LATER + DAY)
        later = selectors.case(head.case_id, at=LATER).members
    assert {one.due_at for one in later} == {due}
    assert due > max(one.due_at for one in members)
    assert sorted(one["to"] for one in mails(shop, "rights.extended")) == sorted([people[0], *people])


@pytest.mark.req("DSR-10")
@pytest.mark.parametrize("language", ["klingon", "", "fr", "EN"])
def test_a_language_in_which_nobody_can_be_answered_is_refused(world: World, language: str) -> None:
    given: dict[str, Any] = {"language": language}
    with pytest.raises(NotAskable):
        ask(a_shop(world), **given)

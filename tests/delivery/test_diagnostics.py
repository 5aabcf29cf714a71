"""Whatever a mail server or a report says of somebody is kept without naming them, whichever way it came in."""

import smtplib
from collections.abc import Callable

import pytest

from mandata.accounts import postman
from mandata.delivery import services
from mandata.delivery.catcher.reports import delivery_report
from mandata.delivery.models import Return
from mandata.delivery.rules import outcomes
from mandata.foundation import tokens
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.vault.services import token_keys
from tests.foundation.cutting_forms import WRITTEN
from tests.holdings.cast import LATER, NOVAK, Shop, a_person, a_shop, rows_with
from tests.world import World

FORWARDED = "petr.dvorak@elsewhere.example"
ORIGINAL = b"From: Shop <news@shop.example>\r\nTo: x@y.example\r\nSubject: Spring\r\n\r\nHello\r\n"


def returned(shop: Shop, words: str, recipient: str = NOVAK) -> None:
    keys = token_keys()
    token = tokens.mint(keys, tokens.references(keys, [(shop.campaign_number, 1)])[0], tokens.LINK_BOUNCE)
    raw = delivery_report(
        host="mx.example", sender="v@returns.example", recipient=recipient, reply=words, content=ORIGINAL, at=LATER
    )
    assert services.receive_return(recipient=f"{token}@returns.localhost", raw=raw, at=LATER)


@pytest.mark.req("SEC-5", "DLV-5")
@pytest.mark.parametrize("way", list(WRITTEN))
def test_a_report_is_kept_without_the_address_in_whatever_spelling_it_has_it(
    world: World, database: Urls, way: str
) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    returned(shop, f"550 5.1.1 {WRITTEN[way](NOVAK)}: unknown here")
    with scope(shop.id):
        (row,) = Return.objects.filter(subscriber_id=reference, status="5.1.1")
        assert "nova" not in row.diagnostic.lower()
        assert "5.1.1" in row.diagnostic or "unknown" in row.diagnostic or "<address>" in row.diagnostic
    assert rows_with(database.superuser, NOVAK) == []


def test_a_report_about_a_forwarded_mail_names_neither_of_the_two(world: World, database: Urls) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    returned(shop, f"550 5.2.1 petr.dvorak is gone; mail for jana.novakova, {FORWARDED}", recipient=FORWARDED)
    assert rows_with(database.superuser, NOVAK, FORWARDED, "petr.dvorak", "jana.novakova@") == []
    with scope(shop.id):
        assert "is gone; mail for <address>" in Return.objects.get(status="5.2.1").diagnostic


ROADS: dict[str, Callable[[str], str]] = {
    "a refusal in the conversation": lambda words: outcomes.refused(1, 550, words.encode(), NOVAK).diagnostic,
    "a reply to a notice": lambda words: _notice(words),
}


def _notice(words: str) -> str:
    error = smtplib.SMTPResponseException(550, words)
    return postman._clean(f"{error.smtp_code} {error.smtp_error!s}", NOVAK)


@pytest.mark.parametrize("road", list(ROADS))
@pytest.mark.parametrize("way", list(WRITTEN))
def test_no_other_road_lets_it_in_either(road: str, way: str) -> None:
    left = ROADS[road](f"5.1.1 {WRITTEN[way](NOVAK)} unknown").lower()
    assert "nova" not in left
    assert WRITTEN[way](NOVAK).lower() not in left

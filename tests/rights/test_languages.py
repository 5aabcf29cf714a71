"""Letters and the public pages of rights speak four languages, each with every word and every placeholder."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.utils import translation

from mandata.accounts import selectors as accounts
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.public.rights.uploads import SmallFile
from mandata.rights import letters, rules, services
from tests.holdings.cast import LATER, a_shop
from tests.rights.asking import OFFICER, confirmed, mails, token_in
from tests.world import World

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mandata"
HOLDER = re.compile(r"%\(\w+\)[sd]")
_REGIMES: dict[str, Any] = {"regime": rules.GDPR}


def _letters(card: accounts.Card, language: str) -> dict[str, letters.Letter]:
    said: dict[str, Any] = {"number": 7, "language": language}
    due: dict[str, Any] = {"due_at": LATER}
    token: dict[str, Any] = {"token": "t" * 43, "expires_at": LATER + timedelta(days=9)}
    found = {
        "confirmation": letters.confirmation(card, kind="know", language=language, **token),
        "acknowledgement": letters.acknowledgement(card, kind="automated", token="t" * 43, **said, **due),
        "extended": letters.extended(card, reason="-", **said, **due, **_REGIMES),
        "proof": letters.proof(card, why="-", **said, **token),
        "fee": letters.fee(card, amount="9 EUR", reason="-", words="", clause="-", **said, **_REGIMES),
        "copy": letters.copy_ready(card, form="portable", beside=["-"], to="h", **said, **token, **_REGIMES),
        "erased": letters.erased(card, kept=["-"], paper=True, **said, **_REGIMES),
        "nothing": letters.nothing_held(card, regime=rules.US, **said),
        "corrected": letters.corrected(card, fields=["-"], words="", **said, **_REGIMES),
        "restricted": letters.restricted(card, **said),
        "lifted": letters.lifted(card, words="-", **said),
        "stopped": letters.stopped(card, scope="lists", lists=["-"], channels=["sms"], words="", **said),
        "opted": letters.opted_out(card, kind="limit", **said),
        "replied": letters.replied(card, kind="automated", words="-", **said, **_REGIMES),
        "transmitted": letters.transmitted(card, to="h", done=True, **said, **_REGIMES),
        "not transmitted": letters.transmitted(card, to="h", done=False, **said, **_REGIMES),
        "address": letters.address_changed(card, **said),
        "unconfirmed": letters.unconfirmed(card, kind="access", expires_at=LATER, **said, **_REGIMES),
        "household": letters.of_household(card, people=2, regime=rules.US, **said),
    }
    found |= {
        reason: letters.refusal(card, reason=reason, words="", regime=rules.GDPR, **said) for reason in rules.REASONS
    }
    return found


@pytest.mark.req("DSR-10")
@pytest.mark.parametrize("language", [one for one in rules.LANGUAGES if one != "en"])
def test_every_letter_has_its_words_in_the_language(world: World, language: str) -> None:
    shop = a_shop(world)
    with scope(shop.id):
        card = accounts.controller()
    english, spoken = _letters(card, "en"), _letters(card, language)
    for name, letter in spoken.items():
        lines = set(letter.text.split("\n\n")) & set(english[name].text.split("\n\n"))
        left = {line for line in lines if len(line) > 3 and "http" not in line and "Oven Lane" not in line}
        assert not left, name
        assert letter.subject != english[name].subject
    with translation.override(language):
        assert all(letters.asked(kind) for kind in rules.KINDS)


@pytest.mark.parametrize("language", ["de", "it"])
@pytest.mark.parametrize("area", ["rights", "public"])
def test_a_catalogue_is_compiled_and_keeps_every_placeholder(area: str, language: str) -> None:
    po = SOURCE / area / "locale" / language / "LC_MESSAGES" / "django.po"
    assert po.with_suffix(".mo").stat().st_size > 1_000
    for entry in po.read_text(encoding="utf-8").split("\n\n")[1:]:
        english, _, spoken = entry.partition("\nmsgstr")
        assert set(HOLDER.findall(english.partition("msgid")[2])) == set(HOLDER.findall(spoken)), entry


@pytest.mark.req("DSR-1")
@pytest.mark.parametrize(
    ("language", "heading"),
    [("de", "Ihre Daten, Ihre Rechte"), ("it", "I Suoi dati, i Suoi diritti"), ("cs", "Vaše údaje, vaše práva")],
)
def test_the_public_page_speaks_the_browsers_language(world: World, language: str, heading: str) -> None:
    shop = a_shop(world)
    response = Client(headers={"Accept-Language": f"xx,{language};q=0.8,en;q=0.5"}).get(f"/rights/{shop.id}/")
    assert heading in response.content.decode()
    assert response["Content-Language"] == language
    assert f'lang="{language}"' in response.content.decode()


def _kept(page: str, files: dict[str, SimpleUploadedFile]) -> list[str]:
    """Under which names files of a request are kept."""
    request = RequestFactory().post(page, files)
    request.upload_handlers = [SmallFile(request)]
    return list(request.FILES)


@pytest.mark.req("DSR-2")
def test_a_proof_comes_in_by_its_page_and_anything_else_is_told_what_to_send(world: World) -> None:
    shop = a_shop(world)
    case_id = confirmed(shop)
    with scope(shop.id):
        services.doubt(case_id=case_id, why="Another country.", actor=OFFICER, at=now())
    page, client = f"/rights/proof/{token_in(mails(shop, 'rights.proof')[0])}/", Client()
    assert client.get(page).status_code == 200
    wrong = client.post(page, {"proof": SimpleUploadedFile("a.txt", b"no proof")})
    assert wrong.status_code == 422
    assert "at most 5 MB" in wrong.content.decode()
    assert client.post(page, {}).status_code == 422
    more = {f"more{one}": SimpleUploadedFile("b.pdf", b"%PDF-1.7 another") for one in range(3)}
    assert {"proof", "more0"} & set(_kept(page, more)) == {"more0"}  # of many files one is kept in memory
    right = client.post(page, {"proof": SimpleUploadedFile("a.pdf", b"%PDF-1.7 it is me")})
    assert (right.status_code, right["Location"]) == (303, f"{page}?given=1")
    assert "has come in" in client.get(f"{page}?given=1").content.decode()
    with scope(shop.id):
        assert services.look(case_id=case_id, actor=OFFICER, at=now())[0] == "application/pdf"
        services.settle(case_id=case_id, accepted=True, actor=OFFICER, at=now())
    assert "Nothing is awaited" in client.get(page).content.decode()

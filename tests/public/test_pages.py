"""What the holder of a message meets: one button, done at once, undone at will; choices; nothing for strangers."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client

from mandata.audience.models import List, Subscriber, Subscription, Suppression
from mandata.audience.services.suppression import is_suppressed
from mandata.campaigns import selectors as campaigns
from mandata.campaigns.rules.content import Content, Format
from mandata.campaigns.services import drafts
from mandata.foundation import tokens
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from mandata.tracking import selectors
from mandata.vault.services import token_keys
from tests.tracking.cast import Sent, a_sent_campaign, a_subscriber
from tests.world import World


@dataclass(frozen=True)
class Holder:
    """Somebody with a message, at a browser without script and cookies."""

    sent: Sent
    message: int = 1

    def token(self, link: int = tokens.LINK_UNSUBSCRIBE) -> str:
        keys = token_keys()
        return tokens.mint(keys, tokens.references(keys, [(self.sent.number, self.message)])[0], link)

    @property
    def person(self) -> UUID:
        return self.sent.people[self.message - 1]

    def state(self) -> str:
        with scope(self.sent.customer.id):
            return str(Subscription.objects.get(subscriber_id=self.person, list_id=self.sent.list_id).state)


@pytest.fixture
def client() -> Client:
    cache.clear()
    return Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})


@pytest.fixture
def holder(world: World) -> Holder:
    return Holder(a_sent_campaign(world))


@pytest.mark.req("DSR-9")
def test_looking_at_the_page_unsubscribes_nobody(client: Client, holder: Holder) -> None:
    page = client.get(f"/unsubscribe/{holder.token()}")
    assert page.status_code == 200
    assert b"Demo Bakery" in page.content
    assert b"News 1" in page.content
    assert page.content.count(b"<button") == 1
    assert client.head(f"/unsubscribe/{holder.token()}").status_code == 200
    assert holder.state() == "subscribed"


@pytest.mark.req("DSR-9", "AUDI-4", "CAM-2")
def test_the_button_unsubscribes_at_once_and_is_counted_once(client: Client, holder: Holder) -> None:
    for _ in range(2):
        page = client.post(f"/unsubscribe/{holder.token()}", follow=True)
        assert page.redirect_chain == [(f"/unsubscribe/{holder.token()}", 303)]
        assert b"You are unsubscribed." in page.content
    assert holder.state() == "unsubscribed"
    with scope(holder.sent.customer.id):
        assert is_suppressed(subscriber_id=holder.person, at=now(), scope=str(holder.sent.list_id)) == "unsubscribed"
        assert Entry.objects.filter(kind="audience.unsubscribed", subject=holder.person).count() == 1
        found = selectors.report(holder.sent.id)
        assert (found.total.unsubscriptions.human, found.total.unsubscriptions.unique) == (1, 1)


@pytest.mark.req("DSR-9")
def test_a_mistake_is_undone(client: Client, holder: Holder) -> None:
    client.post(f"/unsubscribe/{holder.token()}")
    page = client.post(f"/unsubscribe/{holder.token()}/undo", follow=True)
    assert b"Unsubscribe?" in page.content
    assert holder.state() == "subscribed"
    with scope(holder.sent.customer.id):
        assert Suppression.objects.count() == 0
        kinds = set(Entry.objects.filter(subject=holder.person).values_list("kind", flat=True))
        assert {"audience.unsubscribed", "audience.unsuppressed"} <= kinds


@pytest.mark.req("DSR-9")
def test_an_unsubscription_of_long_ago_is_not_undone_by_whoever_finds_the_message(
    client: Client, holder: Holder
) -> None:
    client.post(f"/unsubscribe/{holder.token()}")
    with scope(holder.sent.customer.id):
        bulk.execute("update audience_suppression set since = since - interval '2 hours'", [])
    assert b"undo" not in client.get(f"/unsubscribe/{holder.token()}").content
    client.post(f"/unsubscribe/{holder.token()}/undo")
    assert holder.state() == "unsubscribed"


@pytest.mark.req("DSR-9")
def test_a_person_may_refuse_everything_and_take_that_back(client: Client, holder: Holder) -> None:
    with scope(holder.sent.customer.id):
        second = List.objects.create(number=7, name="Offers", created_at=now())
        Subscription.objects.create(
            list_id=second.id, subscriber_id=holder.person, state="subscribed", basis="consent", since=now()
        )
    client.post(f"/unsubscribe/{holder.token()}")
    page = client.post(f"/unsubscribe/{holder.token()}", {"everything": "1"}, follow=True)
    assert b"sends you no more e-mail" in page.content
    with scope(holder.sent.customer.id):
        assert set(Subscription.objects.filter(subscriber_id=holder.person).values_list("state", flat=True)) == {
            "unsubscribed"
        }
        assert is_suppressed(subscriber_id=holder.person, at=now()) == "objection"
    client.post(f"/unsubscribe/{holder.token()}/undo")
    with scope(holder.sent.customer.id):
        assert is_suppressed(subscriber_id=holder.person, at=now()) == ""
        assert Subscription.objects.get(list_id=second.id).state == "subscribed"
    assert holder.state() == "unsubscribed"


@pytest.mark.req("DSR-9")
def test_lists_and_channels_are_chosen_and_coming_back_is_a_consent_with_evidence(client: Client, world: World) -> None:
    sent = a_sent_campaign(world, [])
    with scope(sent.customer.id):
        person = a_subscriber("eva@seznam.cz", sent.list_id, phone=True)
        columns = {"campaign_id": "uuid", "subscriber_id": "uuid", "number": "int8", "provider": "text"}
        bulk.insert("delivery_message", columns, [(sent.id, person.id, 1, "Seznam")])
    holder = Holder(Sent(sent.customer, sent.id, sent.number, sent.list_id, [person.id]))
    address = f"/preferences/{holder.token(tokens.LINK_PREFERENCES)}"
    page = client.get(address).content.decode()
    assert "News 1" in page
    assert "Text message (SMS)" in page
    assert page.count(" checked") == 3
    assert b"Saved" in client.post(address, {"channel": ["email"]}, follow=True).content
    assert holder.state() == "unsubscribed"
    with scope(sent.customer.id):
        assert is_suppressed(subscriber_id=person.id, at=now(), channel="sms") == "objection"
    client.post(address, {"channel": ["email", "sms"], "list": [str(sent.list_id), "nonsense", str(new_id())]})
    assert holder.state() == "subscribed"
    with scope(sent.customer.id):
        place = Subscription.objects.get(subscriber_id=person.id)
        assert (place.basis, place.evidence["source"], place.evidence["by"]) == (
            "consent",
            "preference page",
            "subject",
        )
        assert Subscription.objects.count() == 1
        assert Suppression.objects.count() == 0


def test_a_list_on_which_a_person_never_stood_cannot_be_chosen(client: Client, holder: Holder, world: World) -> None:
    other = a_sent_campaign(world, [], customer=holder.sent.customer)
    client.post(
        f"/preferences/{holder.token()}", {"channel": ["email"], "list": [str(holder.sent.list_id), str(other.list_id)]}
    )
    with scope(holder.sent.customer.id):
        assert Subscription.objects.filter(list_id=other.list_id).count() == 0


def test_the_person_of_one_message_changes_nothing_for_another(client: Client, holder: Holder, world: World) -> None:
    stranger = Holder(a_sent_campaign(world))
    client.post(f"/unsubscribe/{stranger.token()}", {"everything": "1"})
    client.post(f"/preferences/{stranger.token()}", {"list": [str(holder.sent.list_id)]})
    assert holder.state() == "subscribed"
    assert Holder(holder.sent, message=2).state() == "subscribed"


@pytest.mark.parametrize("page", ["unsubscribe", "preferences"])
def test_pages_speak_the_recipients_language_not_the_browsers(client: Client, world: World, page: str) -> None:
    holder = Holder(a_sent_campaign(world, language="cs"))
    answer = client.get(f"/{page}/{holder.token()}")
    assert answer["Content-Language"] == "cs"
    text = answer.content.decode()
    assert '<html lang="cs">' in text
    assert {"unsubscribe": "Zrušit odběr", "preferences": "Co dostáváte"}[page] in text


@pytest.mark.parametrize("page", ["unsubscribe", "preferences"])
def test_no_cookie_is_set_nothing_is_kept_by_others_and_the_token_leaks_nowhere(
    client: Client, holder: Holder, page: str
) -> None:
    answer = client.get(f"/{page}/{holder.token()}")
    assert not answer.cookies
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert b"<script" not in answer.content
    posted = client.post(f"/{page}/{holder.token()}", {"channel": "email"})
    assert not posted.cookies


def test_a_forged_foreign_or_wrong_token_is_a_page_that_tells_nothing(client: Client, holder: Holder) -> None:
    genuine = holder.token()
    strange = [genuine[:-1], genuine[::-1], holder.token(tokens.LINK_OPEN), holder.token(0), "x", "%00", "é"]
    keys = tokens.TokenKeys(1, b"c" * 32, b"t" * 32)
    strange.append(tokens.mint(keys, tokens.references(keys, [(holder.sent.number, 1)])[0], tokens.LINK_UNSUBSCRIBE))
    for token in strange:
        for page in ("unsubscribe", "preferences"):
            answer = client.get(f"/{page}/{token}")
            assert answer.status_code == 404
            assert b"Demo Bakery" not in answer.content
            assert client.post(f"/{page}/{token}").status_code == 404
    assert holder.state() == "subscribed"


def test_guessing_is_slowed_down_and_a_genuine_token_still_works(client: Client, holder: Holder) -> None:
    answers = [client.get("/unsubscribe/guess").status_code for _ in range(61)]
    assert answers == [404] * 60 + [429]
    assert client.get("/unsubscribe/guess")["Retry-After"] == "600"
    assert client.get("/unsubscribe/guess", REMOTE_ADDR="198.51.100.7").status_code == 404
    assert client.get(f"/unsubscribe/{holder.token()}").status_code == 200


@pytest.mark.req("DSR-9")
def test_after_erasure_the_link_still_answers_and_says_so(client: Client, holder: Holder) -> None:
    with scope(holder.sent.customer.id):
        Subscriber.objects.filter(id=holder.person).delete()
    assert b"You are unsubscribed." in client.get(f"/unsubscribe/{holder.token()}").content
    assert client.post(f"/unsubscribe/{holder.token()}").status_code == 303
    page = client.get(f"/preferences/{holder.token()}").content
    assert b"holds no data about you" in page


def test_a_controllers_name_is_never_taken_for_markup(client: Client, world: World) -> None:
    customer = world.controller("<img src=x onerror=alert(1)>")
    page = client.get(f"/unsubscribe/{Holder(a_sent_campaign(world, customer=customer)).token()}")
    assert b"<img" not in page.content


BODY = (
    "<html><body><p>Hello {{ email }}</p><p><a href='https://shop.example/rolls'>Rolls</a></p>"
    "<p><a href='{{ unsubscribe_url }}'>Unsubscribe</a></p><script>alert(1)</script></body></html>"
)


def a_written_message(world: World) -> Holder:
    """A campaign with content, compiled, to one person."""
    customer = world.controller()
    with scope(customer.id):
        place = List.objects.create(number=1, name="News", created_at=now())
        content = Content(Format.HTML, BODY, "Rolls", "Bakery", "news@bakery.example", language="cs")
        campaign = drafts.create(name="Rolls", actor=customer.member, at=now(), list_id=place.id, content=content)
        number = campaigns.sendable(campaign).number
        person = a_subscriber("eva@seznam.cz", place.id)
        columns = {"campaign_id": "uuid", "subscriber_id": "uuid", "number": "int8", "provider": "text"}
        bulk.insert("delivery_message", columns, [(campaign, person.id, 1, "Seznam")])
    return Holder(Sent(customer, campaign, number, place.id, [person.id]))


def test_a_message_is_shown_as_a_page_with_its_holders_own_links_and_can_do_nothing(
    client: Client, world: World
) -> None:
    holder = a_written_message(world)
    answer = client.get(f"/message/{holder.token(tokens.LINK_WEB_VERSION)}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "eva@seznam.cz" in page
    assert f"/c/{holder.token(0)}" in page or f"/c/{holder.token(1)}" in page
    assert f"/u/{holder.token()}" in page
    assert holder.token(tokens.LINK_OPEN) not in page
    assert "<script" not in page
    assert "sandbox" in answer["Content-Security-Policy"]
    assert not answer.cookies
    assert client.get(f"/message/{holder.token()}").status_code == 404
    assert client.post(f"/message/{holder.token(tokens.LINK_WEB_VERSION)}").status_code == 405


def test_a_message_of_an_erased_person_is_no_longer_there(client: Client, world: World) -> None:
    holder = a_written_message(world)
    with scope(holder.sent.customer.id):
        Subscriber.objects.filter(id=holder.person).delete()
    answer = client.get(f"/message/{holder.token(tokens.LINK_WEB_VERSION)}")
    assert answer.status_code == 410
    assert "už zde není" in answer.content.decode()

"""Reports that relays post: only what is signed by whom it should be counts, and once."""

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.delivery.errors import NoSuchTransport
from mandata.delivery.models import Message
from mandata.delivery.rules import hooks
from mandata.delivery.rules.hooks import BadReport
from mandata.delivery.services import hooked, transports
from mandata.delivery.services.transports import Details
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, shop
from tests.delivery.test_returning import WHO, grounds, kinds, sent
from tests.world import World

TOPIC = "arn:aws:sns:eu-central-1:111122223333:returns"
CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"
CONFIRM = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def pem(key: rsa.RSAPrivateKey) -> bytes:
    name, at = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.test")]), datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(at).not_valid_after(at + timedelta(days=3650)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def bakery(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("MANDATA_SNS_TOPICS", f"arn:aws:sns:eu-west-1:1:other {TOPIC}")
    monkeypatch.setenv("MANDATA_WEBHOOK_SECRET", SECRET)
    env.cache_clear()
    made = shop()
    yield made
    monkeypatch.undo()
    env.cache_clear()


def notification(token: str, kind: str = "bounce", number: int = 1) -> dict[str, Any]:
    who = {"emailAddress": WHO}
    parts: dict[str, Any] = {
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [{**who, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}],
        },
        "complaint": {"complainedRecipients": [who], "complaintFeedbackType": "abuse"},
        "delivery": {"recipients": [WHO], "smtpResponse": "250 2.6.0 Message received"},
    }
    said = {"notificationType": kind.title(), "mail": {"source": f"{token}@returns.localhost"}, kind: parts[kind]}
    return {"Type": "Notification", "MessageId": f"id-{number}", "TopicArn": TOPIC, "Message": json.dumps(said),
            "Timestamp": "2026-01-01T00:00:00.000Z"}  # fmt: skip


def signed(key: rsa.RSAPrivateKey, message: dict[str, Any], version: str = "2", **more: str) -> bytes:
    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
    signature = key.sign(hooks.signed_text(message), padding.PKCS1v15(), algorithm)
    whole = {
        **message,
        "SignatureVersion": version,
        "Signature": base64.b64encode(signature).decode(),
        "SigningCertURL": CERTIFICATE,
        **more,
    }
    return json.dumps(whole).encode()


def take(body: bytes, pem: bytes, confirm: Callable[[str], bytes] = lambda _: b"") -> int:
    return hooked.receive_sns(body=body, at=now(), get=lambda _: pem, confirm=confirm)


@pytest.mark.req("DLV-5", "DLV-3")
@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    ("kind", "kept", "ground"),
    [("bounce", "bounce", ["hard_bounce"]), ("complaint", "complaint", ["complaint"]), ("delivery", "delivered", [])],
)
def test_a_notification_of_ses_ends_on_its_message_once(
    bakery: Shop, key: rsa.RSAPrivateKey, pem: bytes, version: str, kind: str, kept: str, ground: list[str]
) -> None:
    _campaign, (token,) = sent(bakery)
    body = signed(key, notification(token, kind), version)
    assert take(body, pem) == 1
    assert take(body, pem) == 0, "SNS may post it again"
    assert kinds(bakery) == [kept]
    assert grounds(bakery) == ground


def test_the_tag_that_we_gave_names_the_message_before_the_sender(
    bakery: Shop, key: rsa.RSAPrivateKey, pem: bytes
) -> None:
    _campaign, (token,) = sent(bakery)
    message = notification("somebody")
    inner = json.loads(message["Message"])
    inner["mail"]["tags"] = {"mandata": [token]}
    message["Message"] = json.dumps(inner)
    assert take(signed(key, message), pem) == 1


def test_what_sns_did_not_sign_counts_for_nothing(bakery: Shop, key: rsa.RSAPrivateKey, pem: bytes) -> None:
    _campaign, (token,) = sent(bakery)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    genuine = notification(token)
    bad = [
        signed(stranger, genuine),
        signed(key, genuine, Message=json.dumps({"notificationType": "Complaint"})),
        signed(key, {**genuine, "TopicArn": TOPIC + "2"}),
        signed(key, genuine, SigningCertURL="https://sns.eu-central-1.amazonaws.com.evil.test/a.pem"),
        signed(key, genuine, SigningCertURL="http://sns.eu-central-1.amazonaws.com/a.pem"),
        # Others than SNS's own certificates: what anybody's signed request makes the API say in their own words.
        signed(key, genuine, SigningCertURL="https://sns.eu-central-1.amazonaws.com/?Action=GetTopicAttributes"),
        signed(key, genuine, SigningCertURL=CERTIFICATE + "?Action=GetTopicAttributes"),
        signed(key, genuine, SigningCertURL=CERTIFICATE.replace(".pem", ".xml")),
        signed(key, genuine, Signature="%%%"),
        signed(key, genuine, SignatureVersion="9"),
        signed(key, genuine, Type="Other"),
        b"", b"[]", b"{", b"[" * 100_000, b"{}", json.dumps(genuine).encode(),
    ]  # fmt: skip
    for body in bad:
        with pytest.raises(BadReport):
            take(body, pem)
    assert kinds(bakery) == []


def test_a_subscription_is_confirmed_at_sns_alone(bakery: Shop, key: rsa.RSAPrivateKey, pem: bytes) -> None:
    asked: list[str] = []

    def confirm(url: str) -> bytes:
        asked.append(url)
        return b""

    message = {"Type": "SubscriptionConfirmation", "MessageId": "1", "Token": "t", "TopicArn": TOPIC,
               "Message": "confirm", "SubscribeURL": CONFIRM, "Timestamp": "2026-01-01T00:00:00.000Z"}  # fmt: skip
    take(signed(key, message), pem, confirm)
    assert asked == [CONFIRM]
    for elsewhere in ("https://evil.test/", "https://sns.eu-central-1.amazonaws.com@evil.test/", "file:///etc/passwd"):
        with pytest.raises(BadReport):
            take(signed(key, {**message, "SubscribeURL": elsewhere}), pem, confirm)
    assert asked == [CONFIRM]
    with pytest.raises(BadReport):
        hooked.fetch("http://127.0.0.1/")


def stamp(body: bytes, at: datetime, secret: str = SECRET) -> str:
    seconds = str(int(at.timestamp()))
    return f"t={seconds},v1={hmac.new(secret.encode(), seconds.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def plain(token: str, kind: str = "bounce", said: str = "550 5.1.1 user unknown") -> bytes:
    event = {"id": "1", "message": token, "kind": kind, "recipient": WHO, "diagnostic": said}
    return json.dumps({"events": [event]}).encode()


@pytest.mark.req("DLV-5")
def test_a_relay_posts_signed_reports_through_the_page(bakery: Shop) -> None:
    _campaign, (token,) = sent(bakery)
    body, client = plain(token), Client(enforce_csrf_checks=True)

    def post(body: bytes, signature: str) -> int:
        headers = {"Mandata-Signature": signature}
        return client.post("/in/relay/", body, content_type="application/json", headers=headers).status_code

    assert post(body, "") == 403
    assert post(body, stamp(body, now(), "x" * 32)) == 403
    assert post(body + b" ", stamp(body, now())) == 403
    assert post(body, stamp(body, now() - timedelta(minutes=6))) == 403
    assert post(b"[]", stamp(b"[]", now())) == 403
    assert kinds(bakery) == []
    assert post(body, stamp(body, now())) == 200
    assert post(body, stamp(body, now() + timedelta(seconds=1))) == 200
    assert kinds(bakery) == ["bounce"]
    assert grounds(bakery) == ["hard_bounce"]
    assert client.post("/in/ses/", b"{}", content_type="text/plain").status_code == 403
    assert client.get("/in/ses/").status_code == 405


@pytest.fixture
def relays() -> Iterator[tuple[str, str]]:
    """Two relays of different houses; their names."""
    names = ("post of one", "post of another")
    for name in names:
        transports.add(
            Details(name=name, kind="relay", address="smtp://127.0.0.1:2525"), actor=Actor("operator"), at=now()
        )
    yield names
    for name in names:
        transports.remove(name, actor=Actor("operator"), at=now())


@pytest.mark.req("DLV-2", "DLV-5")
def test_what_one_relay_signed_is_not_taken_for_anothers(bakery: Shop, relays: tuple[str, str]) -> None:
    _campaign, (first, second) = sent(bakery, 2)
    ours, theirs = (hooked.hook_of(name) for name in relays)
    numbers = [int(hook.path.split("/")[-2]) for hook in (ours, theirs)]
    with scope(bakery.id):
        for number, transport in enumerate(numbers, start=1):
            Message.objects.filter(campaign_id=_campaign, number=number).update(transport=transport)

    def post(path: str, body: bytes, secret: str) -> tuple[int, bytes]:
        headers = {"Mandata-Signature": stamp(body, now(), secret)}
        answer = Client().post(path, body, content_type="application/json", headers=headers)
        return answer.status_code, answer.content

    body = plain(first)
    assert len({ours.secret, theirs.secret, SECRET}) == 3 and len(ours.secret) == 64
    for path, secret in (
        (ours.path, theirs.secret), (theirs.path, ours.secret), (ours.path, SECRET), ("/in/relay/", ours.secret),
        ("/in/relay/32000/", ours.secret), ("/in/relay/99999999999999999999/", ours.secret), ("/in/relay/32000/", ""),
    ):  # fmt: skip
        assert post(path, body, secret)[0] == 403
    assert kinds(bakery) == []
    assert post(theirs.path, body, theirs.secret) == (200, b"0\n"), "it never had that message"
    assert post("/in/relay/", body, SECRET) == (200, b"0\n")
    assert kinds(bakery) == []
    assert post(ours.path, body, ours.secret) == (200, b"1\n")
    assert post(theirs.path, plain(second), theirs.secret) == (200, b"1\n"), "both call their event 1"
    assert kinds(bakery) == ["bounce", "bounce"]


def test_only_a_relay_reports_in_the_plain_format(world: World) -> None:
    with pytest.raises(NoSuchTransport, match="no transport nobody"):
        hooked.hook_of("nobody")


def test_who_is_refused_too_often_is_slowed_down(bakery: Shop) -> None:
    client = Client()
    codes = {client.post("/in/relay/", b"x", content_type="text/plain").status_code for _ in range(70)}
    assert codes == {403, 429}


def test_a_delay_and_a_delivery_suppress_nobody(bakery: Shop) -> None:
    _campaign, (token,) = sent(bakery)
    for number, (kind, said) in enumerate((("delay", "451 4.4.1 timed out"), ("delivered", "250 ok"))):
        body = plain(token, kind, said).replace(b'"1"', f'"{number}"'.encode())
        assert hooked.receive_plain(body=body, signature=stamp(body, now()), at=now()) == 1
    assert kinds(bakery) == ["delay", "delivered"]
    assert grounds(bakery) == []


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["events", "id", "message", "kind", "Message", "mail", "bounce", "notificationType",
                             "bouncedRecipients", "tags", "mandata", "source"]) | st.text(max_size=5),
            inner, max_size=5,
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_whatever_is_posted_is_read_or_refused(data: Any) -> None:
    for read in (hooks.of_events, hooks.of_ses):
        with contextlib.suppress(BadReport):
            list(read(data if isinstance(data, dict) else {"Message": json.dumps(data), "events": data}))

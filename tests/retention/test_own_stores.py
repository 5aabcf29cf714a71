"""Archives into a bucket that the controller names, at a real server that checks signatures and speaks TLS."""

import io
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

import pyrage
import pytest

from mandata.infra import outward
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.stores import Access
from mandata.infra.tenancy import scope
from mandata.retention.errors import BadReceiver
from mandata.retention.models import Return
from mandata.retention.selectors import ends
from mandata.retention.selectors import returns as selectors
from mandata.retention.services import receivers, returns
from tests.delivery.outside import Authority
from tests.holdings.cast import NOVAK, a_person, a_shop
from tests.retention.house import OPERATOR, confirmed, ended
from tests.world import World
from tests.world.s3 import S3, s3

pytestmark = pytest.mark.req("RET-3")
HOST = "s3.us-east-1.amazonaws.com"  # a name that moto takes for a server, and for no bucket
URL = "s3://copies/from/mandata"
PUBLIC = "93.184.215.14"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    folder = tmp_path_factory.mktemp("own-store")
    authority = Authority(folder)
    identity = authority.issue("localhost", HOST).path
    started = s3(folder / "log", identity=identity, authority=authority.file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority.file))
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # the operator's own, and none of a controller's
        patch.setenv("AWS_SESSION_TOKEN", "the operator's own")
        try:
            yield started
        finally:
            started.stop()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the host's name leads to: at each look-up the next address, then the last one again."""
    answers: dict[str, list[str]] = {HOST: ["127.0.0.1"], "asked": []}
    real = socket.getaddrinfo

    def look_up(host: str, *more: object, **named: object) -> object:
        if host != HOST:
            return real(host, *more, **named)  # type: ignore[arg-type]
        answers["asked"].append(host)
        found = answers[HOST].pop(0) if len(answers[HOST]) > 1 else answers[HOST][0]
        return real(found, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's setting that lets this computer itself be reached."""
    monkeypatch.setattr(receivers, "env", lambda: replace(env(), transmit_loopback=True))


def _access(bucket: S3, secret: str = "") -> Access:
    told = bucket.environment
    endpoint = f"https://{HOST}:{urlsplit(bucket.endpoint).port}"
    return Access(endpoint, "us-east-1", told["AWS_ACCESS_KEY_ID"], secret or told["AWS_SECRET_ACCESS_KEY"])


def _asked(controller: UUID, key: pyrage.x25519.Identity, access: Access, url: str = URL) -> UUID:
    with scope(controller):
        return returns.ask(
            receiver=receivers.receiver(recipient=str(key.to_public())),
            to=returns.Destination("store", url, access),
            actor=OPERATOR,
            at=now(),
            queue=False,
        )


def _state(controller: UUID, return_id: UUID) -> selectors.ReturnView:
    with scope(controller):
        return selectors.one(return_id)


def _lies(bucket: S3) -> list[str]:
    found = bucket.client().list_objects_v2(Bucket="copies").get("Contents", [])
    return [one["Key"] for one in found]


@pytest.mark.usefixtures("loopback", "names")
def test_everything_goes_whole_into_the_controllers_own_bucket_and_so_it_may_be_deleted(
    world: World, bucket: S3
) -> None:
    shop, key = a_shop(world), pyrage.x25519.Identity.generate()
    a_person(shop, NOVAK)
    ended(shop.id, choice="both")
    return_id = _asked(shop.id, key, _access(bucket))
    assert returns.make(controller_id=shop.id, return_id=return_id), _state(shop.id, return_id).error
    (name,) = [one for one in _lies(bucket) if str(return_id) in one]
    assert name == f"from/mandata/{shop.id}/{return_id}-1.zip.age"
    content = bucket.client().get_object(Bucket="copies", Key=name)["Body"].read()
    one = _state(shop.id, return_id)
    assert one.size == len(content) and one.delivered_at is not None
    assert NOVAK.encode() in zipfile.ZipFile(io.BytesIO(pyrage.decrypt(content, [key]))).read("csv/subscribers.csv")
    with scope(shop.id):
        assert bytes(Return.objects.get(id=return_id).sealed) == b"", "its access is forgotten"
        end = ends.current()
        assert end is not None and ends.returned(end)
    confirmed(shop.id, "Demo Bakery")


@pytest.mark.usefixtures("loopback", "names")
def test_a_wrong_secret_fails_and_is_told_and_the_archive_does_not_count_as_returned(world: World, bucket: S3) -> None:
    shop, key = a_shop(world), pyrage.x25519.Identity.generate()
    ended(shop.id, choice="both")
    return_id = _asked(shop.id, key, _access(bucket, "another secret"))
    assert not returns.make(controller_id=shop.id, return_id=return_id)
    one = _state(shop.id, return_id)
    assert one.state == "failed" and one.delivered_at is None
    assert "another secret" not in one.error and "gate:" not in one.error
    with scope(shop.id):
        end = ends.current()
        assert end is not None and not ends.returned(end)


@pytest.mark.usefixtures("loopback", "names")
def test_a_bucket_that_is_not_there_is_told(world: World, bucket: S3) -> None:
    shop, key = a_shop(world), pyrage.x25519.Identity.generate()
    return_id = _asked(shop.id, key, _access(bucket), "s3://nowhere/at-all")
    assert not returns.make(controller_id=shop.id, return_id=return_id)
    assert "s3://nowhere/at-all does not do what it should" in _state(shop.id, return_id).error


def test_a_name_that_leads_inside_by_the_time_of_writing_gets_nothing(
    world: World, bucket: S3, names: dict[str, list[str]]
) -> None:
    shop, key = a_shop(world), pyrage.x25519.Identity.generate()
    names[HOST] = [PUBLIC, "127.0.0.1"]
    return_id = _asked(shop.id, key, _access(bucket))
    assert not returns.make(controller_id=shop.id, return_id=return_id)
    assert "private network" in _state(shop.id, return_id).error
    assert not [one for one in _lies(bucket) if str(return_id) in one]


def test_a_name_that_leads_inside_only_when_the_connection_is_made_gets_nothing(
    world: World, bucket: S3, names: dict[str, list[str]]
) -> None:
    shop, key = a_shop(world), pyrage.x25519.Identity.generate()
    names[HOST] = [PUBLIC, PUBLIC, "127.0.0.1"]
    return_id = _asked(shop.id, key, _access(bucket))
    assert not returns.make(controller_id=shop.id, return_id=return_id)
    assert "private network" in _state(shop.id, return_id).error
    assert not [one for one in _lies(bucket) if str(return_id) in one]


@pytest.mark.usefixtures("loopback")
def test_the_connection_goes_to_the_address_that_was_checked_for_it(
    world: World, bucket: S3, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, key = a_shop(world), pyrage.x25519.Identity.generate()
    gone_to: list[tuple[str, int]] = []
    connect = socket.create_connection

    def noted(place: tuple[str, int], *more: object, **named: object) -> socket.socket:
        gone_to.append(place)
        return connect(place, *more, **named)  # type: ignore[arg-type]

    return_id = _asked(shop.id, key, _access(bucket))
    monkeypatch.setattr(socket, "create_connection", noted)
    assert returns.make(controller_id=shop.id, return_id=return_id)
    to_store = [host for host, port in gone_to if port == urlsplit(bucket.endpoint).port]
    assert to_store and set(to_store) == {"127.0.0.1"}
    assert len(names["asked"]) == 2 + len(to_store), "asked, made, and one look-up for each connection"


@pytest.mark.parametrize("region", ["", "eu/../x", "x@127.0.0.1:80/?", "EU", "a.b"])
def test_a_region_is_a_name_and_no_address(region: str) -> None:
    with pytest.raises(BadReceiver):
        receivers.store(url="s3://copies", access=Access("", region, "key", "secret"))


@pytest.mark.parametrize("url", ["s3://copies@127.0.0.1", "s3://a", "s3://UPPER", "s3://a..b", "s3://copies?x=1"])
def test_a_bucket_is_a_name_and_no_address(url: str) -> None:
    with pytest.raises(BadReceiver):
        receivers.store(url=url, access=Access("", "eu-central-1", "key", "secret"))


@pytest.mark.parametrize("there", ["http://127.0.0.1:1/", "x"])
def test_the_gate_lets_nobody_through_who_has_no_word_and_nothing_but_a_connection(there: str) -> None:
    with outward.Gate() as gate, socket.create_connection(gate.server_address, 20) as client:  # type: ignore[arg-type]
        client.sendall(f"GET {there} HTTP/1.1\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 407")

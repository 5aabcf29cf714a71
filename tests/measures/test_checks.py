"""Checks really look: each is tried on an installation as it should be, and on one where something is wrong."""

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mandata.accounts.models import User
from mandata.audience import selectors as audience
from mandata.audience.selectors import sampling
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.measures.looking import database, entrance, host, keeping, people, wire
from mandata.measures.rules import verdicts
from mandata.measures.services import checking
from tests.delivery.mailing import shop
from tests.world import World
from tests.world.people import House, registered, staffed


@pytest.fixture
def houses(world: World) -> tuple[House, House]:
    return registered("First Bakery"), registered("Second Bakery")


@contextmanager
def broken(urls: Urls, wrong: str, mended: str) -> Iterator[None]:
    """Something that only the owner of the tables could do, and that is undone."""
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(wrong)
        try:
            yield
        finally:
            owner.execute(mended)


@pytest.mark.req("SEC-4")
def test_no_controller_reaches_anothers_rows_and_the_check_has_tried_every_table(houses: tuple[House, House]) -> None:
    found = database.tried([houses[0].id, houses[1].id])
    assert found.leaked == () and found.bare == () and not found.mighty
    assert found.tried > 80 and found.proven >= 3


@pytest.mark.req("SEC-4")
def test_a_wall_that_is_gone_is_found_by_reading_what_stood_behind_it(
    houses: tuple[House, House], database: Urls
) -> None:
    from mandata.measures.looking import database as looking

    gone = "alter table accounts_member no force row level security, disable row level security"
    back = "alter table accounts_member enable row level security, force row level security"
    with broken(database, gone, back):
        found = looking.tried([houses[0].id, houses[1].id])
    assert "accounts_member" in found.leaked and found.bare == ("accounts_member",)
    assert looking.tried([houses[0].id, houses[1].id]).leaked == ()


@pytest.mark.req("SEC-4")
def test_a_policy_that_lets_everything_through_is_found_by_trying(houses: tuple[House, House], database: Urls) -> None:
    from mandata.measures.looking import database as looking

    with broken(database, "create policy hole on accounts_member using (true)", "drop policy hole on accounts_member"):
        assert looking.tried([houses[0].id, houses[1].id]).leaked == ("accounts_member",)
    with broken(
        database,
        "create policy hole on accounts_noticeaddress with check (true)",
        "drop policy hole on accounts_noticeaddress",
    ):
        assert looking.tried([houses[0].id, houses[1].id]).leaked == ("accounts_noticeaddress",)


@pytest.mark.req("SEC-4")
def test_an_identity_that_lies_in_clear_is_found_where_it_lies(world: World, database: Urls) -> None:
    from mandata.measures.looking import database as looking

    made = shop()
    made.people(3)
    assert looking.sealed(now()).outcome == "held"
    with scope(made.id):
        some = sampling.sample(1)[0]
        address = audience.identities(some)[some[0]]["email"]
    probe = f"""create table measures_probe (controller_id uuid, words text);
        alter table measures_probe enable row level security, force row level security;
        create policy scope on measures_probe
            using (controller_id = nullif(current_setting('mandata.controller', true), '')::uuid);
        insert into measures_probe select '{made.id}', encode(convert_to('to {address}', 'UTF8'), 'hex');
        grant select on measures_probe to mandata_app"""
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        superuser.execute(probe)
        try:
            verdict = looking.sealed(now())
        finally:
            superuser.execute("drop table measures_probe")
    assert verdict.reason == "identity_in_clear"
    assert verdict.figures["found"] == {"measures_probe": 1}


@pytest.mark.req("SEC-4")
def test_wrong_passwords_shut_a_probe_account_and_nothing_of_it_stays(houses: tuple[House, House]) -> None:
    before = User.objects.count()
    found = entrance.tried()
    assert found.opened and found.shut_after is not None and found.shut_after <= 5
    assert User.objects.count() == before
    assert not User.objects.filter(email__endswith="@measures.invalid").exists()
    assert entrance.tried() == found, "the tries of before count for nobody"


@pytest.mark.req("SEC-4")
def test_without_limits_the_check_says_that_an_account_is_never_shut(
    houses: tuple[House, House], settings: object
) -> None:
    settings.ACCOUNT_RATE_LIMITS = False  # type: ignore[attr-defined]
    assert entrance.lockout(now()).reason == "never_shut"


@pytest.mark.req("SEC-4")
def test_a_password_under_a_weaker_hash_is_found(houses: tuple[House, House]) -> None:
    assert entrance.hashing(now()).outcome == "held"
    row = User.objects.get(id=houses[0].owner.user_id)
    kept = row.password
    User.objects.filter(id=row.id).update(password="md5$salt$0123456789abcdef")
    assert entrance.hashing(now()).reason == "hashes_old"
    User.objects.filter(id=row.id).update(password=kept)


@pytest.mark.req("SEC-4")
def test_a_log_whose_entry_was_changed_is_not_the_one_that_was_signed(
    houses: tuple[House, House], world: World, database: Urls
) -> None:
    world.sequence()
    log = houses[0].id
    assert keeping.compared([log]).wrong == 0
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        ((entry, leaf),) = superuser.execute(
            "select id, leaf from record_entry where controller_id = %s order by id limit 1", [log]
        ).fetchall()
        superuser.execute(
            "update record_entry set leaf = leaf || ' ' where id = %s and controller_id = %s", [entry, log]
        )
        try:
            assert keeping.compared([log]).wrong == 1
        finally:
            superuser.execute(
                "update record_entry set leaf = %s where id = %s and controller_id = %s", [leaf, entry, log]
            )
    assert keeping.compared([log]).wrong == 0


@pytest.mark.req("PPL-5")
def test_the_log_of_accesses_can_only_be_added_to(houses: tuple[House, House], database: Urls) -> None:
    assert not people.changeable()
    with broken(
        database,
        "alter table accounts_accesslog disable trigger kept",
        "alter table accounts_accesslog enable trigger kept",
    ):
        assert people.changeable()


@pytest.mark.req("PPL-1")
def test_a_person_of_the_staff_without_signature_or_training_fails_the_check(houses: tuple[House, House]) -> None:
    staffed()
    User.objects.filter(is_operator=True).exclude(id=staffed().user_id).update(is_active=False)
    assert people.confidentiality(now()).outcome == people.training(now()).outcome == "held"
    assert people.training(now() + timedelta(days=400)).reason == "training_lapsed"
    other = staffed(fit=False)
    assert people.confidentiality(now()).reason == "not_signed"
    User.objects.filter(id=other.user_id).update(is_active=False)


def certificate(folder: Path, *, days: int = 90) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost, and the server's context with it."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


class _Web(socketserver.BaseRequestHandler):
    context: ssl.SSLContext

    def handle(self) -> None:
        try:
            with self.context.wrap_socket(self.request, server_side=True) as tls:
                tls.recv(1)
        except OSError:
            return


@contextmanager
def listening(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.req("SEC-4")
def test_tls_is_looked_at_on_the_wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public, context = certificate(tmp_path, days=5)
    handler = type("Web", (_Web,), {"context": context})
    with listening(handler) as port:
        assert wire.web("console", f"https://localhost:{port}").state == "untrusted"
        monkeypatch.setattr(wire, "_context", lambda: ssl.create_default_context(cafile=str(public)))
        seen = wire.web("console", f"https://localhost:{port}")
        assert (seen.state, seen.version) == ("tls", "TLSv1.3")
        assert verdicts.wires([seen], now()).reason == "certificate_ends"
        assert wire.web("console", f"http://localhost:{port}").state == "plain_here"
    assert wire.web("console", f"https://localhost:{port}").state == "away"


class _Mail(socketserver.StreamRequestHandler):
    offers = b"250-STARTTLS\r\n"
    context: ssl.SSLContext

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        self.rfile.readline()
        self.wfile.write(b"250-here\r\n" + self.offers + b"250 SIZE\r\n")
        if self.rfile.readline().upper().startswith(b"STARTTLS"):
            self.wfile.write(b"220 go\r\n")
            try:
                self.context.wrap_socket(self.request, server_side=True).recv(1)
            except OSError:
                return


@pytest.mark.req("SEC-4")
def test_the_mail_listener_is_asked_for_starttls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public, context = certificate(tmp_path)
    monkeypatch.setattr(wire, "_context", lambda: ssl.create_default_context(cafile=str(public)))
    assert wire.mail("127.0.0.1:2526").state == "loopback"
    assert wire.web("console", "http://console.localhost:8080").state == "plain_here"
    assert wire.web("console", "http://console.example").state == "plain"
    monkeypatch.setattr(wire, "_loopback", lambda _host: False)
    with listening(type("Mail", (_Mail,), {"context": context})) as port, socket.create_connection(("127.0.0.1", port)):
        monkeypatch.setattr(
            wire, "env", lambda: type("E", (), {"public_url": "https://localhost", "authorities": None})()
        )
        assert wire.mail(f"127.0.0.1:{port}").state == "tls"
    with listening(type("Plain", (_Mail,), {"offers": b""})) as port:
        assert wire.mail(f"127.0.0.1:{port}").state == "plain"


class _Clamd(socketserver.BaseRequestHandler):
    blind = False

    def handle(self) -> None:
        asked = self.request.recv(4096)
        if asked.startswith(b"zPING"):
            self.request.sendall(b"PONG\0")
        elif asked.startswith(b"zVERSION"):
            self.request.sendall(b"ClamAV 1.4.1/27442/Sun Nov  1 10:35:21 2026\0")
        else:
            found = wire._EICAR in asked and not self.blind
            self.request.sendall(b"stream: Eicar-Signature FOUND\0" if found else b"stream: OK\0")


@pytest.mark.req("SEC-4")
def test_the_scanner_has_to_find_the_test_file() -> None:
    with listening(_Clamd) as port:
        seen = wire.scan(f"127.0.0.1:{port}")
        assert (seen.answers, seen.finds, seen.signatures_at) == (
            True,
            True,
            datetime(2026, 11, 1, 10, 35, 21, tzinfo=UTC),
        )
    with listening(type("Blind", (_Clamd,), {"blind": True})) as port:
        assert not wire.scan(f"127.0.0.1:{port}").finds
    assert not wire.scan(f"127.0.0.1:{port}").answers


@pytest.mark.req("SEC-4")
def test_an_advisory_names_what_is_installed(tmp_path: Path) -> None:
    import packaging

    span = [{"introduced": "0"}, {"fixed": "9999"}]
    told = {
        "id": "TEST-1",
        "affected": [
            {"package": {"ecosystem": "PyPI", "name": "Packaging"}, "ranges": [{"type": "ECOSYSTEM", "events": span}]}
        ],
    }
    (tmp_path / "one.json").write_text(json.dumps(told), encoding="utf-8")
    old = {**told, "id": "TEST-2", "withdrawn": "2026-01-01T00:00:00Z"}
    (tmp_path / "two.json").write_text(json.dumps(old), encoding="utf-8")
    assert host.compared(tmp_path).warned == (f"packaging {packaging.__version__}: TEST-1",)
    assert not host._within([{"introduced": "1.0"}, {"fixed": "2.0"}], "2.0")
    assert host._within([{"introduced": "1.0"}, {"last_affected": "2.0"}], "2.0")
    assert host.compared(None).advisories_at is None


def test_a_check_that_goes_wrong_itself_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_check(_at: datetime) -> None:
        raise OSError("somebody@inbox.example")

    monkeypatch.setattr(checking, "CHECKS", {"disk": broken_check})
    assert checking.look("disk", now()) == verdicts.failed("check_fault", fault="OSError")


def test_nothing_of_the_tries_stays_in_anybodys_scope(houses: tuple[House, House]) -> None:
    database.walls(now())
    people.changeable()
    with scope(houses[1].id):
        from mandata.accounts.models import AccessLog, NoticeAddress

        assert not NoticeAddress.objects.filter(address="measures@localhost").exists()
    with scope(INSTANCE):
        assert not AccessLog.objects.filter(page="probe").exists()


@pytest.mark.req("PPL-5")
def test_a_try_that_could_not_be_made_is_no_proof_that_the_log_only_grows(database: Urls) -> None:
    with broken(
        database,
        "alter table accounts_accesslog add constraint full_for_now check (page <> 'probe') not valid",
        "alter table accounts_accesslog drop constraint full_for_now",
    ):
        assert checking.look("access_log", now()).reason == "check_fault"

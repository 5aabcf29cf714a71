"""What a receiver publishes or says about itself is a stranger's word: none of it ends or holds up the process."""

import http.server
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mandata.delivery.resolver import Resolver
from mandata.delivery.transports import dane, mtasts
from mandata.delivery.transports.dane import Known
from mandata.delivery.transports.exchangers import Exchangers
from mandata.delivery.transports.mtasts import NoPolicy, Policies, Policy
from mandata.delivery.transports.port import Unroutable
from tests.delivery import test_protection
from tests.delivery.outside import Authority, Zones, common_port, serving
from tests.delivery.scripted import Talk
from tests.delivery.test_direct import site
from tests.delivery.test_protection import POLICY, policies, website
from tests.delivery.test_smtp import carry

ONE = "127.0.0.44"


@pytest.fixture
def zones() -> Zones:
    return Zones()


@pytest.fixture
def asked(zones: Zones) -> Iterator[Resolver]:
    with serving(zones) as found:
        yield found


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.req("DLV-2")
@pytest.mark.parametrize("age", ["²", "٣", "9" * 5_000, "-1", ""])
def test_an_age_that_is_no_number_makes_no_policy(age: str) -> None:
    with pytest.raises(NoPolicy):
        mtasts.parse(f"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: {age}\n")


@pytest.mark.req("DLV-2")
def test_a_domain_about_which_everything_goes_wrong_is_put_off_and_the_others_are_found(
    zones: Zones, asked: Resolver
) -> None:
    class Broken(Policies):
        def of(self, domain: str) -> Policy | None:
            if domain == "bad.test":
                raise LookupError("nobody thought of this")
            return super().of(domain)

    for domain in ("bad.test", "good.test"):
        site(zones, domain, (10, f"mx.{domain}", ONE))
    found = Exchangers(asked, Broken(asked), port=common_port(ONE), inside=True)
    for _ in range(2):
        places = found.places({"bad.test", "good.test"})
        why = places["bad.test"]
        assert isinstance(why, Unroutable) and why.fate == "deferred" and why.enhanced == "4.4.3"
        assert not isinstance(places["good.test"], Unroutable)


@pytest.mark.req("DLV-2")
def test_a_policy_that_trickles_in_holds_no_thread_for_long(
    zones: Zones, asked: Resolver, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            with suppress(OSError):
                for byte in POLICY.format(mode="enforce", mx="mx.shop.test").encode() + b"#" * 1_000:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(test_protection, "_Policy", Slow)
    with website(authority.issue("mta-sts.shop.test"), {}) as server:
        known = policies(zones, asked, authority, server.server_address[1])
        known._timeout = 0.5
        began = time.monotonic()
        assert known.of("shop.test") is None
        assert time.monotonic() - began < 20


@pytest.mark.req("DLV-2")
def test_a_size_with_thousands_of_digits_is_no_limit() -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING", "SIZE " + "9" * 5_000)
        talk.serve()

    desk, _ = carry(script, 3)
    assert set(desk.fates().values()) == {"sent"}


@pytest.mark.req("DLV-2")
def test_a_certificate_with_a_key_that_nobody_knows_is_not_the_one_in_the_records(tmp_path: Path) -> None:
    made = subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=mx.test", "-newkey", "ec", "-keyout", tmp_path / "key",
         "-pkeyopt", "ec_paramgen_curve:prime239v1"], capture_output=True, check=True,
    )  # fmt: skip
    shown = x509.load_pem_x509_certificate(made.stdout).public_bytes(Encoding.DER)
    for usage in (dane.END_ENTITY, dane.TRUST_ANCHOR):
        with pytest.raises(dane.Unknown):
            dane.check([Known(usage, 1, 1, b"\0" * 32)], [shown, shown], "mx.test")

"""A sending domain's records: what to publish, and what DNS's answers mean, asked of a real name server."""

from collections.abc import Iterator

import dns.resolver
import pytest

from mandata.delivery.nameserver import NameServer, Zone
from mandata.delivery.resolver import look_up, resolver
from mandata.delivery.rules.domains import Check, domain_name, evaluate, records, verified
from mandata.foundation.errors import Fault

KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" * 8
WANTED = records(
    domain="bakery.test", selector="m1", public_key=KEY, proof="s3cret", return_domain="returns.operator.test"
)


@pytest.fixture
def server() -> Iterator[NameServer]:
    server = NameServer(Zone())
    server.start()
    yield server
    server.stop()


def checked(server: NameServer) -> dict[str, Check]:
    answers = look_up(WANTED, resolver(f"127.0.0.1:{server.port}"))
    return {check.purpose: check for check in evaluate(WANTED, answers)}


@pytest.mark.req("DLV-1")
def test_a_domain_with_all_records_is_verified(server: NameServer) -> None:
    server.zone.publish(WANTED)
    found = checked(server)
    assert {check.result for check in found.values()} == {"ok"}
    assert verified(list(found.values()))
    assert found["dkim"].found[0].endswith(KEY), "a key longer than one string of 255 bytes comes back whole"


@pytest.mark.req("DLV-1")
def test_a_domain_without_records_is_not_verified_and_says_what_is_missing(server: NameServer) -> None:
    found = checked(server)
    assert {check.result for check in found.values()} == {"missing"}
    assert not verified(list(found.values()))


@pytest.mark.parametrize(
    ("purpose", "value", "code"),
    [
        ("dkim", "v=DKIM1; k=rsa; p=", "key_revoked"),
        ("dkim", "v=DKIM1; k=rsa; p=AAAA", "other_key"),
        ("verification", "mandata-verification=other", "other_proof"),
        ("spf", "v=spf1 +all", "allows_everybody"),
        ("spf", "v=spf1 include:elsewhere.test ~all", "not_included"),
        ("spf", "v=spf1 " + " ".join(f"include:i{i}.test" for i in range(11)) + " ~all", "too_many_lookups"),
        ("dmarc", "v=DMARC1; p=maybe", "no_policy"),
        ("return_path", "elsewhere.test", "other_target"),
    ],
)
def test_a_wrong_record_is_explained(server: NameServer, purpose: str, value: str, code: str) -> None:
    server.zone.publish(WANTED)
    record = next(record for record in WANTED if record.purpose == purpose)
    server.zone.put(record.name, record.type, value)
    found = checked(server)[purpose]
    assert (found.result, found.code) == ("wrong", code)


def test_two_policies_of_one_kind_are_wrong(server: NameServer) -> None:
    server.zone.publish(WANTED)
    server.zone.put("bakery.test", "TXT", "v=spf1 include:returns.operator.test ~all", "v=spf1 -all")
    server.zone.put("_dmarc.bakery.test", "TXT", "v=DMARC1; p=none", "v=DMARC1; p=reject")
    found = checked(server)
    assert found["spf"].code == found["dmarc"].code == "several_policies"


def test_a_stricter_policy_and_other_texts_do_no_harm(server: NameServer) -> None:
    server.zone.publish(WANTED)
    server.zone.put("bakery.test", "TXT", "some other text", "v=spf1 a include:returns.operator.test -all")
    server.zone.put("_dmarc.bakery.test", "TXT", "v=DMARC1; p=reject; rua=mailto:x@bakery.test")
    found = checked(server)
    assert found["spf"].result == "ok" and found["dmarc"].code == "policy_reject"


def test_a_silent_name_server_is_a_fault_with_a_remedy() -> None:
    silent = resolver("127.0.0.1:1", timeout=0.5)
    assert isinstance(silent, dns.resolver.Resolver)
    with pytest.raises(Fault, match="MANDATA_DNS"):
        look_up(WANTED, silent)
    with pytest.raises(Fault, match="host:port"):
        resolver("localhost")


def test_domain_names_have_one_form() -> None:
    assert domain_name(" Bäckerei.TEST. ") == "xn--bckerei-5wa.test"
    for bad in ("localhost", "a..test", "-a.test", "a b.test", "1.2.3.4", "x" * 64 + ".test", "a.test/\r\n"):
        with pytest.raises(ValueError, match="domain name"):
            domain_name(bad)

"""A sending domain's records: what to publish, and what DNS's answers mean, asked of a real name server."""

from collections.abc import Iterator

import dns.resolver
import pytest

from mandata.delivery.nameserver import NameServer, Zone
from mandata.delivery.organisations import organisational
from mandata.delivery.resolver import look_up, resolver
from mandata.delivery.rules.domains import (
    Check,
    PublicKey,
    Sought,
    domain_name,
    evaluate,
    questions,
    records,
    shown,
    verified,
    worse,
)
from mandata.delivery.rules.spf import Question
from mandata.foundation.errors import Fault

KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" * 8
OLD = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEB" * 8
SHORT = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
KEYS = (PublicKey("m1", "rsa-2048", KEY, "active"), PublicKey("e1", "ed25519", SHORT, "active"))
WANTED = records(domain="bakery.test", keys=KEYS, proof="s3cret", return_domain="returns.operator.test")
SOUGHT = Sought("bakery.test", "bakery.test", WANTED)


@pytest.fixture
def server() -> Iterator[NameServer]:
    server = NameServer(Zone())
    server.zone.put("returns.operator.test", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    server.start()
    yield server
    server.stop()


def asked(server: NameServer, sought: Sought = SOUGHT) -> dict[tuple[str, str], tuple[str, ...] | None]:
    answers: dict[tuple[str, str], tuple[str, ...] | None] = {}
    while needed := questions(sought, answers):
        answers |= look_up(needed, resolver(f"127.0.0.1:{server.port}"))
    return answers


def every(server: NameServer, sought: Sought = SOUGHT) -> tuple[Check, ...]:
    return evaluate(sought, asked(server, sought))


def checked(server: NameServer, sought: Sought = SOUGHT) -> dict[str, Check]:
    """The checks by purpose, of keys by selector."""
    return {
        check.name.partition(".")[0] if check.purpose == "dkim" else check.purpose: check
        for check in every(server, sought)
    }


def good(server: NameServer) -> None:
    server.zone.publish(WANTED)
    server.zone.put("bakery.test", "MX", "10 mail.bakery.test")


@pytest.mark.req("DLV-1")
def test_a_domain_with_all_records_is_verified(server: NameServer) -> None:
    good(server)
    found = checked(server)
    assert {purpose: check.result for purpose, check in found.items() if check.result != "ok"} == {"bimi": "missing"}
    assert found["bimi"].code == "not_used"
    assert verified(list(found.values()))
    assert found["m1"].found[0].endswith(KEY), "a key longer than one string of 255 bytes comes back whole"


@pytest.mark.req("DLV-1")
def test_a_domain_without_records_is_not_verified_and_says_what_is_missing(server: NameServer) -> None:
    found = checked(server)
    assert {check.result for check in found.values()} == {"missing"}
    assert not verified(list(found.values()))


@pytest.mark.req("DLV-1")
def test_only_the_proof_and_the_rsa_key_that_signs_are_needed_to_send(server: NameServer) -> None:
    for record in WANTED:
        if record.required:
            server.zone.put(record.name, record.type, record.value)
    assert [record.name.partition(".")[0] for record in WANTED if record.required] == ["_mandata", "m1"]
    assert verified(every(server))


def test_a_key_to_come_is_seen_and_an_old_one_is_not_needed(server: NameServer) -> None:
    keys = (
        PublicKey("m2", "rsa-2048", KEY, "active"),
        PublicKey("m3", "rsa-2048", OLD, "next"),
        PublicKey("m1", "rsa-2048", OLD, "retired"),
    )
    wanted = records(domain="bakery.test", keys=keys, proof="s3cret", return_domain="returns.operator.test")
    sought = Sought("bakery.test", "bakery.test", wanted)
    server.zone.publish(wanted[:2])
    assert shown(sought, every(server, sought)) == () and verified(every(server, sought))
    server.zone.publish(wanted[2:3])
    assert [record.stage for record in shown(sought, every(server, sought))] == ["next"]


@pytest.mark.parametrize(
    ("purpose", "value", "code"),
    [
        ("m1", "v=DKIM1; k=rsa; p=", "key_revoked"),
        ("m1", "v=DKIM1; k=rsa; p=AAAA", "other_key"),
        ("m1", f"v=DKIM2; k=rsa; p={KEY}", "not_dkim"),
        ("m1", f"v=DKIM1; h=sha1; p={KEY}", "other_hash"),
        ("m1", f"v=DKIM1; s=web; p={KEY}", "not_for_mail"),
        ("e1", f"v=DKIM1; p={SHORT}", "other_algorithm"),
        ("e1", f"v=DKIM1; k=ed25519; p={KEY}", "other_key"),
        ("verification", "mandata-verification=other", "other_proof"),
        ("spf", "v=spf1 +all", "allows_everybody"),
        ("spf", "v=spf1 include:elsewhere.test ~all", "not_included"),
        ("spf", "v=spf1 " + " ".join(f"include:i{i}.test" for i in range(11)) + " ~all", "too_many_lookups"),
        ("dmarc", "v=DMARC1; p=maybe", "no_policy"),
        ("return_path", "elsewhere.test", "other_target"),
    ],
)
def test_a_wrong_record_is_explained(server: NameServer, purpose: str, value: str, code: str) -> None:
    good(server)
    record = next(one for one in WANTED if purpose in {one.purpose, one.name.partition(".")[0]})
    server.zone.put(record.name, record.type, value)
    found = checked(server)[purpose]
    assert (found.result, found.code) == ("wrong", code)


def test_two_policies_of_one_kind_are_wrong(server: NameServer) -> None:
    good(server)
    server.zone.put("bakery.test", "TXT", "v=spf1 include:returns.operator.test ~all", "v=spf1 -all")
    server.zone.put("_dmarc.bakery.test", "TXT", "v=DMARC1; p=none", "v=DMARC1; p=reject")
    found = checked(server)
    assert found["spf"].code == found["dmarc"].code == "several_policies"


def test_a_stricter_policy_and_other_texts_do_no_harm(server: NameServer) -> None:
    good(server)
    server.zone.put("bakery.test", "TXT", "some other text", "v=spf1 a include:returns.operator.test -all")
    server.zone.put("_dmarc.bakery.test", "TXT", "v=DMARC1; p=reject; rua=mailto:x@bakery.test")
    found = checked(server)
    assert (found["spf"].result, found["spf"].number) == ("ok", 2)
    assert (found["dmarc"].code, found["dmarc"].notes) == ("policy_reject", ())


def test_the_look_ups_of_what_a_policy_includes_count_too(server: NameServer) -> None:
    good(server)
    server.zone.put("bakery.test", "TXT", "v=spf1 include:one.test include:returns.operator.test ~all")
    server.zone.put("one.test", "TXT", "v=spf1 " + " ".join(f"exists:x{i}.test" for i in range(8)) + " ~all")
    assert (checked(server)["spf"].result, checked(server)["spf"].number) == ("ok", 10)
    server.zone.put("one.test", "TXT", "v=spf1 " + " ".join(f"a:x{i}.test" for i in range(9)) + " ~all")
    assert (checked(server)["spf"].code, checked(server)["spf"].number) == ("too_many_lookups", 11)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("v=spf1 include:circle.test include:returns.operator.test ~all", "too_many_lookups"),
        ("v=spf1 include:v1.test include:v2.test include:v3.test include:returns.operator.test", "too_many_lookups"),
        ("v=spf1 include:void1.test include:returns.operator.test ~all", "broken_include"),
        ("v=spf1 include:%{i}.macro.test include:returns.operator.test ~all", "found"),
        ("v=spf1 redirect=inner.test", "found"),
    ],
)  # fmt: skip
def test_a_policy_is_followed_as_a_receiver_follows_it(server: NameServer, policy: str, code: str) -> None:
    good(server)
    server.zone.put("circle.test", "TXT", "v=spf1 include:circle.test ~all")
    server.zone.put("inner.test", "TXT", "v=spf1 include:returns.operator.test ~all")
    server.zone.put("bakery.test", "TXT", policy)
    assert checked(server)["spf"].code == code


def test_the_organisational_domain_speaks_for_a_domain_without_a_policy_of_its_own(server: NameServer) -> None:
    wanted = records(domain="news.bakery.test", keys=KEYS, proof="x", return_domain="returns.operator.test")
    sought = Sought("news.bakery.test", "bakery.test", wanted)
    server.zone.put("_dmarc.bakery.test", "TXT", "v=DMARC1; p=reject; sp=quarantine; aspf=s; pct=50")
    found = checked(server, sought)["dmarc"]
    assert (found.result, found.code) == ("ok", "policy_quarantine")
    assert found.notes == ("inherited", "strict_spf", "partial", "no_reports")
    assert organisational("news.shop.co.uk") == "shop.co.uk" and organisational("a.b.pekarna.cz") == "pekarna.cz"


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("MX", ("10 mail.bakery.test", "20 b.bakery.test"), "found"),
        ("MX", ("0 .",), "null_mx"),
        ("A", ("192.0.2.7",), "address_only"),
    ],
)
def test_answers_to_the_domain_have_somewhere_to_go(
    server: NameServer, kind: str, values: tuple[str, ...], code: str
) -> None:
    server.zone.put("bakery.test", kind, *values)
    assert checked(server)["mx"].code == code


@pytest.mark.parametrize(
    ("logo", "policy", "code"),
    [
        ("v=BIMI1; l=https://bakery.test/logo.svg; a=https://bakery.test/vmc.pem", "reject", "found"),
        ("v=BIMI1; l=https://bakery.test/logo.svg; a=", "quarantine", "found"),
        ("v=BIMI1; l=https://bakery.test/logo.svg", "none", "policy_too_weak"),
        ("v=BIMI1; l=http://bakery.test/logo.svg", "reject", "no_logo"),
        ("v=BIMI1; l=; a=", "reject", "declined"),
    ],
)
def test_a_logo_needs_a_policy_that_protects_it(server: NameServer, logo: str, policy: str, code: str) -> None:
    server.zone.put("default._bimi.bakery.test", "TXT", logo)
    server.zone.put("_dmarc.bakery.test", "TXT", f"v=DMARC1; p={policy}")
    assert checked(server)["bimi"].code == code


def test_only_what_was_good_gets_worse_and_silence_is_no_news(server: NameServer) -> None:
    good(server)
    before = every(server)
    server.zone.put("_dmarc.bakery.test", "TXT")
    answers = asked(server) | {("bounce.bakery.test", "CNAME"): None}
    after = evaluate(SOUGHT, answers)
    assert [check.purpose for check in worse(before, after)] == ["dmarc"]
    assert worse(after, after) == ()


def test_a_silent_name_server_is_a_fault_with_a_remedy() -> None:
    silent = resolver("127.0.0.1:1", timeout=0.5)
    assert isinstance(silent, dns.resolver.Resolver)
    with pytest.raises(Fault, match="MANDATA_DNS"):
        look_up([Question("bakery.test", "TXT")], silent)
    with pytest.raises(Fault, match="host:port"):
        resolver("localhost")


def test_domain_names_have_one_form() -> None:
    assert domain_name(" Bäckerei.TEST. ") == "xn--bckerei-5wa.test"
    for bad in ("localhost", "a..test", "-a.test", "a b.test", "1.2.3.4", "x" * 64 + ".test", "a.test/\r\n"):
        with pytest.raises(ValueError, match="domain name"):
            domain_name(bad)

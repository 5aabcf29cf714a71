"""Addresses: the fast path agrees with the library, and every form is what its reader expects."""

import string
import time

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mandata.foundation import addresses

ATEXT = string.ascii_letters + string.digits + "_!#$%&'*+-/=?^`{|}~"
PLAIN_LABEL = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=8)
LOCAL = st.lists(st.text(ATEXT, min_size=1, max_size=8), min_size=1, max_size=4).map(".".join)
DOMAIN = st.builds(
    lambda labels, top: ".".join([*labels, top]),
    st.lists(
        PLAIN_LABEL | st.sampled_from(["xn--bcher-kva", "ab--cd", "a" * 63, "b" * 64, "1", "bücher"]),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(
        [
            "cz",
            "com",
            "example",
            "test",
            "arpa",
            "local",
            "localhost",
            "onion",
            "invalid",
            "C-Z",
            "c1",
            "1c",
            "x",
            "9",
            "中国",
        ]
    ),
)
WELL_FORMED = st.builds(
    "{}@{}".format, LOCAL | st.sampled_from(["Info", "SALES", "Žofie", "a" * 64, "b" * 200]), DOMAIN
)
NOISE = string.printable + "@..--__  \x00\x7f\u00a0é\u0301ﬁ＠。漢\ud800\u200b\u212a\u0130ẞ"


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A well-formed address with up to four characters inserted, replaced, doubled or removed."""
    text = draw(WELL_FORMED)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(text)))
        kind = draw(st.integers(0, 3))
        middle = (
            "",
            draw(st.sampled_from(NOISE)),
            text[place : place + 1] * 2,
            draw(st.sampled_from([".", "@", "-", "--"])),
        )[kind]
        text = text[:place] + middle + text[place + (kind != 3) :]
    return text


def by_library(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def by_us(text: str) -> str | None:
    try:
        return addresses.parse(text).normal
    except addresses.AddressError:
        return None


@settings(max_examples=3000, deadline=None)
@given(mutated() | WELL_FORMED | st.text(NOISE, max_size=30) | st.text(max_size=20))
@example("a@b.cz\n")
@example("a@b.c" + "d" * 63)
@example("a" * 248 + "@b.com")
@example("a" * 249 + "@b.com")
@example("a@" + "b." * 127 + "cz")
@example("POSTMASTER@Example.COM")
@example("a@xn--bcher-kva.cz")
@example("a@ab--cd.cz")
@example("a@b.9")
@example("a@b.c-")
@example('"a b"@example.com')
@example("Jan <jan@example.com>")
@example("a@[127.0.0.1]")
@pytest.mark.req("AUDI-3")
def test_our_verdict_and_normal_form_equal_those_of_the_library(text: str) -> None:
    assert by_us(text) == by_library(text)


@settings(max_examples=500, deadline=None)
@given(WELL_FORMED)
def test_the_lookup_form_does_not_depend_on_case_and_is_stable(text: str) -> None:
    try:
        found = addresses.parse(text)
    except addresses.AddressError:
        return
    assert found.lookup == found.lookup.lower()
    assert addresses.parse(found.lookup).lookup == found.lookup
    assert addresses.parse(found.normal).lookup == found.lookup
    local, _, domain = text.rpartition("@")
    assert addresses.parse(f"{local.upper() if local.isascii() else local}@{domain.upper()}").lookup == found.lookup


def test_an_international_domain_is_looked_up_by_its_ascii_form() -> None:
    one, other = addresses.parse("Petr@Bücher.example"), addresses.parse("petr@xn--bcher-kva.example")
    assert one.lookup == other.lookup == "petr@xn--bcher-kva.example"
    assert one.normal == "Petr@bücher.example"
    assert one.on_the_wire == "Petr@xn--bcher-kva.example"
    assert not one.needs_smtputf8


def test_an_international_local_part_asks_for_smtputf8() -> None:
    assert addresses.parse("Žofie@example.com").needs_smtputf8
    assert addresses.parse("Žofie@example.com").lookup == addresses.parse("žofie@example.com").lookup


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "address_missing"),
        ("\u200b", "address_missing"),
        ("jan.novak", "address_without_at"),
        ("jan novak@example.com", "address_local"),
        ("@example.com", "address_local"),
        ("jan..novak@example.com", "address_local"),
        ("jan@example", "address_domain"),
        ("jan@exa mple.com", "address_domain"),
        ("jan@example..com", "address_domain"),
        ("jan@shop.local", "address_reserved"),
        ("jan@shop.test", "address_reserved"),
        ("a" * 300 + "@example.com", "address_too_long"),
    ],
)
def test_a_refused_address_says_which_half_is_at_fault(text: str, code: str) -> None:
    with pytest.raises(addresses.AddressError) as raised:
        addresses.parse(text)
    assert raised.value.code == code
    assert code in addresses.ADDRESS_CODES
    assert not text or text not in str(raised.value)


@pytest.mark.parametrize(
    "text", [" jan@example.com ", "\ufeffjan@example.com", "MailTo:jan@example.com", "\u00a0jan@example.com\t"]
)
def test_what_exports_leave_around_an_address_is_stripped(text: str) -> None:
    assert addresses.parse(addresses.clean(text)).normal == "jan@example.com"


def test_a_hostile_address_is_judged_in_no_time() -> None:
    def spent(size: int) -> float:
        started = time.process_time()
        for text in ("a." * size, "a@" + "b-" * size, "@" * size, "a@" + "b." * 120 + "9"):
            assert not addresses.is_valid(text)
        return time.process_time() - started

    short, long = (min(spent(size) for _ in range(3)) for size in (100_000, 1_000_000))
    assert long < 40 * max(short, 0.001), "ten times as long; looked at again and again it would be a hundred times"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("anna@example.cz", "a•••@e•••.cz"),
        ("b@shop.example.com", "b•••@s•••.com"),
        ("nonsense", "n•••"),
        ("", ""),
        ("a@b", "a•••@•••"),
    ],
)
def test_a_masked_address_keeps_first_letters_only(text: str, masked: str) -> None:
    assert addresses.mask(text) == masked


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("gmail.com", "Gmail"),
        ("email.cz", "Seznam"),
        ("post.cz", "Seznam"),
        ("web.de", "WEB.DE"),
        ("bakery.example", ""),
        ("hotmail.com", "Outlook"),
    ],
)
def test_the_provider_is_known_by_the_domain(domain: str, name: str) -> None:
    assert addresses.provider(domain) == name


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("601 123 456", "CZ", "+420601123456"),
        ("+420 601-123-456", "DE", "+420601123456"),
        ("00420601123456", "CZ", "+420601123456"),
        ("420601123456", "CZ", "+420601123456"),
        ("0171 1234567", "DE", "+491711234567"),
        ("+49 (0) 171/1234567", "CZ", "+491711234567"),
        ("02/1234 5678", "SK", "+421212345678"),
        ("06 20 123 4567", "HU", "+36201234567"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("601123456 linka 12", "CZ", "+420601123456"),
        ("06 12345678", "NL", "+31612345678"),
    ],
)
def test_a_telephone_number_becomes_international(text: str, country: str, number: str) -> None:
    assert addresses.parse_telephone(text, country) == number
    assert addresses.parse_telephone(number, "FR") == number


@pytest.mark.parametrize(
    "text", ["", "12", "601 123 45", "call me", "+999 123 456 789", "+420 601 123 4567", "٦٠١١٢٣٤٥٦", "6.01E+08"]
)
def test_what_is_no_telephone_number_is_refused(text: str) -> None:
    with pytest.raises(addresses.TelephoneError):
        addresses.parse_telephone(text, "CZ")


@settings(max_examples=500, deadline=None)
@given(
    st.text(string.digits + "+-() ./x", max_size=24) | st.text(max_size=20),
    st.sampled_from(["CZ", "DE", "US", "HU", "XX", ""]),
)
def test_an_accepted_number_is_e164_and_stable(text: str, country: str) -> None:
    try:
        number = addresses.parse_telephone(text, country)
    except addresses.TelephoneError:
        return
    assert number.startswith("+") and number[1:].isdigit() and 9 <= len(number) <= 16
    assert addresses.parse_telephone(number, country) == number
    assert number[-3:-2] not in addresses.mask_telephone(number)[-3:-2]

"""Texts of mail servers name nobody once addresses are cut, however these are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.foundation.cutting import CUT, without_addresses
from tests.foundation.cutting_forms import WRITTEN

LOCALS = st.one_of(
    st.from_regex(r"[a-z][a-z0-9]{4,12}([.+_-][a-z0-9]{2,8}){0,2}", fullmatch=True),
    st.from_regex(r"[a-zěščřžýáíéúůďťň]{5,14}", fullmatch=True),
    st.from_regex(r'"[a-z]{3,8} [a-z]{3,8}"', fullmatch=True),
)
DOMAINS = st.sampled_from(["seznam.example", "post.bakery.example", "háčky.example", "a-b.example"])
ADDRESSES = st.builds(lambda local, domain: f"{local}@{domain}", LOCALS, DOMAINS)

AROUND = ("550 5.1.1 {}: user unknown", "{}", "smtp; 452 4.2.2 <{}> over quota", "said:\r\n to={}, relay=mx.example")


def forms(address: str) -> set[str]:
    """Every spelling in which the address must not be left."""
    local = address.rpartition("@")[0].strip('"')
    plain = {address, local, *(form(address) for form in WRITTEN.values())}
    return {one.lower() for one in plain if len(one) > 3}


@pytest.mark.req("SEC-5")
@pytest.mark.parametrize("way", list(WRITTEN))
@given(address=ADDRESSES, around=st.sampled_from(AROUND))
def test_a_known_address_is_left_in_no_spelling(way: str, address: str, around: str) -> None:
    left = without_addresses(around.format(WRITTEN[way](address)), address).lower()
    assert [form for form in forms(address) if form in left] == []


@pytest.mark.parametrize("way", [way for way in WRITTEN if way not in ("local part", "mailbox", "verp alone")])
@given(address=ADDRESSES, around=st.sampled_from(AROUND))
def test_an_address_that_nobody_told_is_cut_by_its_shape(way: str, address: str, around: str) -> None:
    left = without_addresses(around.format(WRITTEN[way](address))).lower()
    assert address.lower() not in left
    assert "@" not in left.replace(CUT, "")
    assert [form for form in forms(address) if "@" in form and form in left] == []


@given(st.text(max_size=300))
def test_any_text_can_be_cut_and_an_at_sign_is_never_left_between_words(text: str) -> None:
    left = without_addresses(f"{text} jana.novakova@seznam.example {text}")
    assert "jana.novakova" not in left
    assert "seznam.example" not in left


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking",
        "452-4.2.2 The recipient's inbox is out of storage space. code=4D, 100% full",
        "421 4.7.0 [TSS04] Messages from 203.0.113.5 temporarily deferred; see https://postmaster.example/error-codes",
        "554 5.7.1 Service unavailable; Client host [mx.example.com] blocked using zen.spamhaus.example",
        "x0123456789abcdef gsmtp a640c23a62f3a-b7655025dc5si1.91 - gsmtp",
    ],
)
def test_what_a_server_says_of_nobody_is_left_as_it_is(text: str) -> None:
    assert without_addresses(text, "jana.novakova@seznam.example") == text


def test_a_short_local_part_is_cut_where_it_stands_alone_only() -> None:
    assert without_addresses("info: more information", "info@seznam.example") == f"{CUT}: more information"


def test_a_tag_is_no_disguise() -> None:
    left = without_addresses("novakova: unknown; novakova+news", "novakova+news@seznam.example")
    assert "novakova" not in left

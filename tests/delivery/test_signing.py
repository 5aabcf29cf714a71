"""What we sign, dkimpy and OpenDKIM verify: any names, any encodings, any lines, also behind a relay."""

import base64
import quopri
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.delivery.signing import LIFE, Signer, SigningKey
from mandata.delivery.signing.signer import OVERSIGNED, relaxed_fields
from mandata.delivery.transports.port import Letter
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from tests.delivery.postfix import postfix
from tests.delivery.rendering_kit import fill
from tests.delivery.scripted import Scripted, Talk
from tests.delivery.signing_kit import DOMAIN, by_dkimpy, by_opendkim, keys
from tests.delivery.test_rendering_message import MADE, NASTY
from tests.delivery.test_smtp import Desk

NOW = int(time.time())
PLAIN = b"From: Demo Bakery <news@news.bakery.example>\r\nTo: ann@inbox.example\r\nSubject: Bread\r\n\r\nWarm.\r\n"

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=60)
BLANKS = st.text(" \t", max_size=3)
LINES = st.lists(
    st.one_of(
        st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=998),
        st.sampled_from(["", ".", "..", "From here", " ", "\t", "x" * 998, "two  blanks", "end ", "=20=", "--x--"]),
        st.builds("".join, st.tuples(WORDS, BLANKS)),
    ),
    max_size=12,
).map(lambda lines: "".join(line + "\r\n" for line in lines))


def quoted(body: str) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", quopri.encodestring(body.replace("\r\n", "\n").encode()))


def based(body: str) -> bytes:
    return base64.encodebytes(body.encode()).replace(b"\n", b"\r\n")


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "8bit": lambda body: body.encode(),
    "quoted-printable": quoted,
    "base64": based,
    "7bit": lambda body: body.encode("ascii", "replace"),
}


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Any message that SMTP carries: folded, doubled and strangely written fields, any body."""
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    fields = [
        "From: Demo Bakery <news@news.bakery.example>",
        f"Content-Transfer-Encoding: {encoding}",
        "Content-Type: text/plain;\r\n\tcharset=utf-8",
    ]
    for name in draw(st.lists(st.sampled_from(["To", "SUBJECT", "List-Id", "X-Own", "Sender", "date"]), max_size=6)):
        words = draw(st.lists(st.text("abcdefghij<>@.;=\"'", min_size=1, max_size=70), min_size=1, max_size=5))
        fold = draw(st.sampled_from(["\r\n ", "\r\n\t", " ", "  ", " \t \r\n  "]))
        fields.append(f"{name}:{draw(BLANKS)}{fold.join(words)}{draw(BLANKS)}")
    return (
        "".join(f"{one}\r\n" for one in draw(st.permutations(fields))).encode()
        + b"\r\n"
        + ENCODINGS[encoding](draw(LINES))
    )


def verified(signed: list[bytes]) -> None:
    assert [by_dkimpy(one, keys()) for one in signed] == [[True, True]] * len(signed)
    assert by_opendkim(signed, keys()) == [[True, True]] * len(signed)


@settings(max_examples=25, deadline=None)
@given(several=st.lists(messages(), min_size=4, max_size=4))
@pytest.mark.req("DLV-5")
def test_signatures_of_any_encoding_and_line_length_verify(several: list[bytes]) -> None:
    signer = Signer(keys())
    verified([signer.sign(one, NOW) for one in several])


@settings(max_examples=25, deadline=None)
@given(names=st.lists(NASTY, min_size=3, max_size=3), city=NASTY)
@pytest.mark.req("DLV-5")
def test_signatures_of_a_newsletter_verify_whatever_the_names(names: list[str], city: str) -> None:
    signer = Signer(keys())
    signed = [
        signer.sign(fill(MADE, {"first_name": name, "city": city, "points": 3}, name=name), NOW) for name in names
    ]
    signatures = [one[: one.index(b"\r\nFrom:")] for one in signed]
    assert max(len(line) for one in signatures for line in one.split(b"\r\n")) <= 79
    verified(signed)


@pytest.mark.parametrize("key", keys(), ids=lambda key: key.algorithm)
@pytest.mark.req("DLV-5")
def test_each_key_signs_alone_too(key: SigningKey) -> None:
    signed = Signer([key]).sign(PLAIN, NOW)
    assert by_dkimpy(signed, keys()) == [True]
    assert by_opendkim([signed], keys()) == [[True]]


@pytest.mark.parametrize(
    "changed",
    [
        PLAIN.replace(b"Warm", b"Cold"),
        PLAIN.replace(b"Bread", b"Cake"),
        PLAIN + b"More.\r\n",
        b"Subject: Another\r\n" + PLAIN,
        b"Reply-To: thief@evil.example\r\n" + PLAIN,
        b"Cc: everybody@evil.example\r\n" + PLAIN,
        b"Content-Type: text/html\r\n" + PLAIN,
    ],
    ids=["body", "subject", "behind the body", "second subject", "reply-to", "cc", "content-type"],
)
@pytest.mark.req("DLV-5")
def test_what_is_changed_or_added_breaks_both_signatures(changed: bytes) -> None:
    signatures = Signer(keys()).sign(PLAIN, NOW).removesuffix(PLAIN)
    verified([signatures + PLAIN])
    assert by_dkimpy(signatures + changed, keys()) == [False, False]
    assert by_opendkim([signatures + changed], keys()) == [[False, False]]


@pytest.mark.req("DLV-5")
def test_a_signature_says_when_it_was_made_and_ends_after_a_week() -> None:
    signer = Signer(keys()[:1])
    first = signer.sign(PLAIN, NOW)
    assert b"t=%d; x=%d;" % (NOW, NOW + LIFE) in first
    assert signer.sign(PLAIN, NOW) == first
    assert b"t=%d; x=%d;" % (NOW + 1, NOW + 1 + LIFE) in signer.sign(PLAIN, NOW + 1)
    old = signer.sign(PLAIN, NOW - LIFE - 3600)
    assert by_opendkim([first, old], keys()) == [[True], [False]]


@pytest.mark.req("DLV-5")
def test_every_field_that_matters_is_named_once_more_than_it_is_there() -> None:
    head = fill(MADE, {"first_name": "Ann"}).partition(b"\r\n\r\n")[0]
    signature = relaxed_fields(Signer(keys()[:1]).sign(head + b"\r\n\r\nx\r\n", NOW))[0][1]
    listed = re.search(rb"h=([^;]*);", signature)
    assert listed is not None
    names = listed[1].replace(b" ", b"").split(b":")
    there = [name for name, _ in relaxed_fields(head)]
    assert {name: names.count(name) for name in OVERSIGNED} == {name: there.count(name) + 1 for name in OVERSIGNED}


@pytest.mark.req("DLV-5")
def test_fields_that_a_road_rewrites_are_left_out() -> None:
    message = b"Date: Sun, 22 Nov 2026 15:00:00 +0000\r\nMessage-ID: <a@b.example>\r\n" + PLAIN

    def rewritten(signed: bytes) -> bytes:
        return signed.replace(b"<a@b.example>", b"<other@road.example>").replace(b"15:00:00", b"15:00:01")

    signer = Signer(keys())
    signed = signer.sign(message, NOW, frozenset({b"date", b"message-id"}))
    verified([signed, rewritten(signed)])
    assert by_dkimpy(rewritten(signer.sign(message, NOW)), keys()) == [False, False]


@pytest.mark.req("DLV-5")
def test_no_keys_no_signature() -> None:
    assert Signer(()).sign(PLAIN, NOW) == PLAIN


@pytest.mark.req("DLV-5")
def test_a_key_must_be_what_it_says() -> None:
    rsa, edwards = keys()
    with pytest.raises(ValueError, match="RSAPrivateKey"):
        SigningKey(DOMAIN, "x", "rsa-2048", edwards.private)
    with pytest.raises(ValueError, match="ASCII"):
        SigningKey("pekařství.example", "x", "rsa-2048", rsa.private)


def _take_all(talk: Talk) -> None:
    talk.greet("PIPELINING", "8BITMIME")
    talk.serve()


@pytest.mark.req("DLV-5")
def test_signatures_outlive_a_relay() -> None:
    signer = Signer(keys())
    names = ["Ann", "Žofie Nováková-" * 9, "..", "x" * 500, "שלום עולם", "a\r\nBcc: evil@example.org", ""]
    letters = [
        Letter(
            number,
            f"bounce@{DOMAIN}",
            f"r{number}@inbox.example",
            signer.sign(fill(MADE, {"first_name": name, "city": name, "points": number}, name=name), NOW),
        )
        for number, name in enumerate(names)
    ]
    with Scripted(_take_all) as far, postfix({"inbox.example": far.port}) as relay:
        desk = Desk(letters)
        SmtpTransport(SmtpSettings("127.0.0.1", relay.port, connections=2)).send(desk)
        limit = time.monotonic() + 30
        while len(far.received) < len(letters) and time.monotonic() < limit:
            time.sleep(0.1)
        arrived = [content.replace(b"\r\n..", b"\r\n.") for _, content in far.received]
    assert len(arrived) == len(letters)
    assert all(one.startswith(b"Received: from ") for one in arrived)
    verified(arrived)

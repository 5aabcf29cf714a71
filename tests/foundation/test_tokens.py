"""A token says which link of which message it is to us, and nothing to anybody else."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mandata.foundation import tokens
from mandata.foundation.tokens import BadToken, Parsed, TokenKeys

KEYS = TokenKeys(7, bytes(range(32)), bytes(range(100, 132)))
OLD = TokenKeys(6, bytes(range(32, 64)), bytes(range(132, 164)))
FOREIGN = TokenKeys(7, b"c" * 32, b"t" * 32)
RING = {7: KEYS, 6: OLD}
ALPHABET = string.ascii_letters + string.digits + "-_"

numbers = st.integers(0, 2**48 - 1)
links = st.integers(0, 65535)


def a_token(campaign_no: int = 12, message_no: int = 3456, link: int = 3, keys: TokenKeys = KEYS) -> str:
    return tokens.mint(keys, tokens.references(keys, [(campaign_no, message_no)])[0], link)


@given(numbers, numbers, links)
@example(0, 0, 0)
@example(2**48 - 1, 2**48 - 1, 65535)
def test_what_was_minted_is_what_is_read(campaign_no: int, message_no: int, link: int) -> None:
    token = a_token(campaign_no, message_no, link)
    assert tokens.parse(RING, token) == Parsed(campaign_no, message_no, link, 7)
    assert len(token) <= 48
    assert set(token) <= set(ALPHABET)


@given(st.lists(st.tuples(numbers, numbers), max_size=50), st.lists(links, max_size=20))
def test_minting_in_bulk_gives_the_same_tokens_as_one_by_one(pairs: list[tuple[int, int]], wanted: list[int]) -> None:
    bulk = tokens.references(KEYS, pairs)
    assert bulk == [tokens.references(KEYS, [pair])[0] for pair in pairs]
    for reference in bulk:
        assert tokens.mint_many(KEYS, reference, wanted) == [tokens.mint(KEYS, reference, link) for link in wanted]


@given(st.integers(0, 42), st.sampled_from(ALPHABET))
def test_a_token_with_one_other_character_is_refused(at: int, character: str) -> None:
    token = a_token()
    forged = token[:at] + character + token[at + 1 :]
    if forged != token:
        with pytest.raises(BadToken):
            tokens.parse(RING, forged)


def test_every_single_bit_matters() -> None:
    genuine = tokens._to_bytes(a_token())
    for bit in range(256):
        flipped = (int.from_bytes(genuine, "big") ^ (1 << bit)).to_bytes(32, "big")
        with pytest.raises(BadToken):
            tokens.parse(RING, tokens._to_text(flipped)[:43])


@given(st.text(max_size=120))
@example("")
@example("=" * 43)
@example("A" * 43)
@example("é" * 43)
@example("\ud800" * 43)
@example("٣" * 43)
def test_any_other_text_is_a_bad_token_and_nothing_worse(text: str) -> None:
    with pytest.raises(BadToken):
        tokens.parse(RING, text)


def test_a_token_cut_short_or_padded_is_refused() -> None:
    token = a_token()
    for length in range(43):
        with pytest.raises(BadToken):
            tokens.parse(RING, token[:length])
    for other in (
        token + "=",
        token + "A",
        " " + token,
        token + "\n",
        token[:20] + "\n" + token[21:],
        token[:42] + "=",
    ):
        with pytest.raises(BadToken):
            tokens.parse(RING, other)


def test_a_token_has_one_spelling_only() -> None:
    token = a_token()
    spare = ALPHABET_BY_VALUE.index(token[-1])
    assert spare % 4 == 0
    for more in (1, 2, 3):
        with pytest.raises(BadToken):
            tokens.parse(RING, token[:-1] + ALPHABET_BY_VALUE[spare + more])
    in_other_alphabet = next(t for t in (a_token(link=n) for n in range(500)) if "-" in t or "_" in t)
    with pytest.raises(BadToken):
        tokens.parse(RING, in_other_alphabet.replace("-", "+").replace("_", "/"))


def test_a_token_of_another_version_is_refused_even_with_a_right_tag() -> None:
    raw = bytes((2,)) + tokens._to_bytes(a_token())[1:20]
    tagger = KEYS.tagger.copy()
    tagger.update(raw)
    with pytest.raises(BadToken):
        tokens.parse(RING, tokens._to_text(raw + tagger.digest())[:43])


def test_a_token_of_another_installation_or_of_a_key_we_lost_is_refused() -> None:
    for ring, token in ((RING, a_token(keys=FOREIGN)), ({6: OLD}, a_token()), ({}, a_token())):
        with pytest.raises(BadToken):
            tokens.parse(ring, token)


def test_a_token_minted_before_the_keys_changed_is_still_read() -> None:
    assert tokens.parse(RING, a_token(keys=OLD)) == Parsed(12, 3456, 3, 6)


def test_the_reference_of_one_message_does_not_show_another() -> None:
    made = tokens.references(KEYS, [(1, number) for number in range(2000)])
    assert len(set(made)) == 2000
    assert len({block[:6] for block in made}) > 1990
    assert len({block[6:] for block in made}) > 1990


@pytest.mark.parametrize("pair", [(-1, 0), (0, -1), (2**48, 0), (0, 2**48)])
def test_a_number_that_does_not_fit_is_not_minted(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="48 bits"):
        tokens.references(KEYS, [pair])


@pytest.mark.parametrize(("reference", "link"), [(b"short", 1), (b"r" * 16, -1), (b"r" * 16, 65536)])
def test_a_wrong_reference_or_link_number_is_not_minted(reference: bytes, link: int) -> None:
    with pytest.raises(ValueError, match=r"bytes|bits"):
        tokens.mint(KEYS, reference, link)


@pytest.mark.parametrize(
    ("key_id", "cipher_key", "tag_key"),
    [(256, b"c" * 32, b"t" * 32), (-1, b"c" * 32, b"t" * 32), (1, b"c" * 16, b"t" * 32), (1, b"c" * 32, b"t" * 8)],
)
def test_keys_of_a_wrong_size_are_not_accepted(key_id: int, cipher_key: bytes, tag_key: bytes) -> None:
    with pytest.raises(ValueError, match="token"):
        TokenKeys(key_id, cipher_key, tag_key)


def test_keys_do_not_show_themselves_when_printed() -> None:
    assert repr(KEYS) == "TokenKeys(key_id=7)"


def test_reserved_links_are_apart_from_the_links_of_the_content() -> None:
    reserved = {
        tokens.LINK_UNSUBSCRIBE,
        tokens.LINK_PREFERENCES,
        tokens.LINK_OPEN,
        tokens.LINK_BOUNCE,
        tokens.LINK_WEB_VERSION,
    }
    assert len(reserved) == 5
    assert min(reserved) > tokens.MAX_CONTENT_LINK


ALPHABET_BY_VALUE = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"

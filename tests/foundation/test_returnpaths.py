"""The envelope sender of a notice names it to us, survives what mail servers do to it, and cannot be made up."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.foundation import returnpaths
from mandata.foundation.tokens import TOKEN_LENGTH

KEY = bytes(range(32))
ids = st.uuids()


@given(ids, ids)
def test_what_was_minted_is_read_in_whatever_case_it_comes_back(controller: UUID, notice: UUID) -> None:
    local = returnpaths.mint(KEY, controller, notice)
    for told in (local, local.upper(), local.title(), local.swapcase()):
        assert returnpaths.read(KEY, told) == (controller, notice)


@given(ids, ids)
def test_it_is_a_local_part_that_every_server_takes(controller: UUID, notice: UUID) -> None:
    local = returnpaths.mint(KEY, controller, notice)
    assert re.fullmatch("[a-z2-7]{64}", local)
    assert len(local) != TOKEN_LENGTH


@given(ids, ids, st.integers(0, 63), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_other_character_makes_it_nothing(controller: UUID, notice: UUID, at: int, other: str) -> None:
    local = returnpaths.mint(KEY, controller, notice)
    changed = local[:at] + other + local[at + 1 :]
    assert (returnpaths.read(KEY, changed) is None) == (changed != local)


@given(ids, ids, ids)
def test_a_notice_of_one_controller_is_not_presented_as_anothers(one: UUID, other: UUID, notice: UUID) -> None:
    mine, theirs = returnpaths.mint(KEY, one, notice), returnpaths.mint(KEY, other, notice)
    spliced = theirs[:24] + mine[24:]
    assert returnpaths.read(KEY, spliced) in (None, (one, notice))


@pytest.mark.parametrize("told", ["", "a" * 63, "a" * 64, "a" * 65, "ů" * 64, "1" * 64, "=" * 64, "a" * 56 + "=" * 8])
def test_what_nobody_minted_is_nothing(told: str) -> None:
    assert returnpaths.read(KEY, told) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert returnpaths.read(KEY, text) is None


def test_another_installations_key_reads_nothing() -> None:
    local = returnpaths.mint(KEY, UUID(int=1), UUID(int=2))
    assert returnpaths.read(bytes(32), local) is None
    with pytest.raises(ValueError, match="32 bytes"):
        returnpaths.mint(b"short", UUID(int=1), UUID(int=2))

"""Ids sort by when they were made."""

import os
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.foundation.ids import uuid7
from mandata.infra.clock import new_id, new_ids

_LATEST = (1 << 48) * 1_000_000 - 1


@given(st.integers(0, _LATEST), st.binary(min_size=8, max_size=8))
def test_an_id_is_a_uuid_of_version_7_that_carries_its_millisecond(nanoseconds: int, entropy: bytes) -> None:
    made = uuid7(nanoseconds, entropy)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == nanoseconds // 1_000_000


@given(st.integers(0, _LATEST - 1_000), st.integers(245, 1_000), st.binary(min_size=8, max_size=8))
def test_what_is_made_a_quarter_of_a_microsecond_later_sorts_later(first: int, gap: int, entropy: bytes) -> None:
    assert uuid7(first, b"\xff" * 8) < uuid7(first + gap, entropy)


def test_ids_of_one_process_sort_as_they_were_made() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(new_ids(20_000))) == 20_000


def test_the_time_is_that_of_now() -> None:
    told = datetime.fromtimestamp((new_id().int >> 80) / 1000, UTC)
    assert abs((datetime.now(UTC) - told).total_seconds()) < 60


@pytest.mark.parametrize(("nanoseconds", "length"), [(-1, 8), (_LATEST + 1, 8), (0, 7), (0, 10)])
def test_what_does_not_fit_is_refused(nanoseconds: int, length: int) -> None:
    with pytest.raises(ValueError, match=r"48 bits|eight random bytes"):
        uuid7(nanoseconds, os.urandom(length))

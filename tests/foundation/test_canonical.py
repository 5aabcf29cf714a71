"""One value, one sequence of bytes."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.foundation import canonical

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(values)
def test_what_is_written_reads_back_the_same(value: object) -> None:
    assert json.loads(canonical.dumps(value)) == value


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers()))
def test_the_order_in_which_keys_came_does_not_matter(value: dict[str, int]) -> None:
    assert canonical.dumps(value) == canonical.dumps(dict(reversed(value.items())))


def test_keys_are_sorted_by_utf_16_units() -> None:
    # RFC 8785 §3.2.3: a character outside the basic plane sorts by its surrogates, before U+FB33.
    written = canonical.dumps({"\ufb33": 1, "\U0001f600": 2, "\r": 3})
    assert written == '{"\\r":3,"\U0001f600":2,"\ufb33":1}'.encode()


def test_instants_ids_and_bytes_have_one_form() -> None:
    noon = datetime(2026, 3, 2, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    value = {"at": noon, "id": UUID(int=7), "hash": b"\x01\xff", "day": noon.date()}
    assert canonical.dumps(value) == (
        b'{"at":"2026-03-02T12:00:00.000000Z","day":"2026-03-02","hash":"01ff","id":"00000000-0000-0000-0000-000000000007"}'
    )
    assert canonical.instant(noon.astimezone(UTC)) == canonical.instant(noon)


@pytest.mark.parametrize("value", [1.5, datetime(2026, 1, 1), {1: 2}, object(), {"a": [float("nan")]}])  # noqa: DTZ001
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical.dumps(value)

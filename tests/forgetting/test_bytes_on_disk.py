"""After an erasure the person is in no byte of the installation; before it the same scan finds the person."""

import pytest

from tests.forgetting.conftest import Forgotten
from tests.forgetting.scanner import scan

pytestmark = pytest.mark.timeout(900)

HOLDINGS = {
    "reader": {
        "subscribers", "subscriptions", "messages", "events", "firsts", "rejected_rows", "uploads", "notices",
        "cases", "answers", "catcher", "keys",
    },
    "bounce5": {"subscribers", "subscriptions", "messages", "uploads", "keys"},
    "dsn": {"subscribers", "messages", "returns", "uploads", "catcher", "keys"},
    "complain": {"subscribers", "messages", "returns", "events", "uploads", "catcher", "keys"},
    "leaver": {"subscribers", "messages", "events", "uploads", "catcher", "keys"},
    "chooser": {"subscribers", "messages", "events", "uploads", "catcher", "keys"},
}  # fmt: skip
"""Where each of them is at least, before; so that nothing is called clean that was never touched."""


@pytest.mark.req("RET-4", "DSR-4..8")
def test_everything_that_a_person_can_touch_has_been_touched_before(forgotten: Forgotten) -> None:
    for fate, wanted in HOLDINGS.items():
        assert wanted <= set(forgotten.held[fate]), fate


def test_the_scan_finds_everybody_before_where_they_may_be_in_the_clear_and_nowhere_else(forgotten: Forgotten) -> None:
    found = forgotten.kinds(forgotten.before)
    assert set(found) == {"var/catcher"}, [str(hit) for hit in forgotten.before]
    assert {"address", "name", "telephone", "address of reader"} <= found["var/catcher"]


@pytest.mark.parametrize("place", ["table", "index", "file", "packed file"])
def test_the_scan_finds_every_spelling_in_every_kind_of_file(forgotten: Forgotten, place: str) -> None:
    needles = forgotten.planted.needles()
    found = {hit.name for hit in scan([forgotten.places[place]], needles)}
    assert set(needles.values()) - found == set()
    assert len(needles) > 150


def test_the_scan_finds_every_spelling_in_the_write_ahead_log(forgotten: Forgotten) -> None:
    assert set(forgotten.planted.needles().values()) - forgotten.logged == set()


def test_the_scan_sees_long_values_because_nothing_is_packed_where_it_looks(forgotten: Forgotten) -> None:
    needles = forgotten.planted.needles()
    assert scan([forgotten.places["long value"]], needles)
    assert not scan([forgotten.places["packed value"]], needles), "a packed value hides what is in it"


@pytest.mark.req("RET-4", "SEC-5", "DSR-13")
def test_after_the_erasure_nobody_of_them_is_in_any_byte(forgotten: Forgotten) -> None:
    assert [str(hit) for hit in forgotten.after] == []


@pytest.mark.req("SEC-1", "RET-4")
def test_after_the_erasure_nothing_sealed_opens_to_them_with_all_keys_in_hand(forgotten: Forgotten) -> None:
    assert {
        "accounts_notice", "audience_rejection", "audience_subscriber", "audience_upload_chunk", "rights_case",
    } <= set(forgotten.unsealed["before"])  # fmt: skip
    assert forgotten.unsealed["after"] == []


def test_after_the_erasure_the_scan_still_finds_who_was_not_erased(forgotten: Forgotten) -> None:
    staying = scan(forgotten.installation.folders, forgotten.lives.staying.needles())
    assert set(forgotten.kinds(staying)) == {"var/catcher"}
    planted = scan(forgotten.installation.folders, forgotten.planted.needles())
    assert {hit.name for hit in planted} == set(forgotten.planted.needles().values())


@pytest.mark.req("DSR-4..8")
def test_the_answer_was_the_last_that_was_sent_to_the_person(forgotten: Forgotten) -> None:
    assert "has been erased" in forgotten.last_letter

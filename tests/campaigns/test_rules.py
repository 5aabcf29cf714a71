"""The rules of campaigns: states as a table, and what the content check says."""

from dataclasses import replace

import pytest

from mandata.campaigns.rules import merging, states
from mandata.campaigns.rules.content import Content, Facts, Format, Weight, check
from mandata.campaigns.rules.states import Act, State

GOOD = Facts(
    size=30_000,
    html_size=20_000,
    subject_length=20,
    fields=("first_name",),
    links=3,
    tracked_links=3,
    images=0,
    images_without_alt=0,
    unsubscribe=True,
    postal_address=True,
    marked=True,
    preheader=True,
)
CONTENT = Content(Format.HTML, "<p>x</p>", "Bread", "Demo Bakery", "news@bakery.example")
KNOWN = frozenset({"first_name"})

ALLOWED = {
    ("draft", "launch"): "launching",
    ("launching", "withdraw"): "draft",
    ("launching", "begin"): "sending",
    ("launching", "cancel"): "cancelled",
    ("sending", "pause"): "paused",
    ("sending", "cancel"): "cancelled",
    ("sending", "finish"): "finished",
    ("finished", "reopen"): "sending",
    ("paused", "resume"): "sending",
    ("paused", "cancel"): "cancelled",
    ("launching", "hold"): "held",
    ("sending", "hold"): "held",
    ("held", "release"): "sending",
    ("held", "relaunch"): "launching",
    ("held", "cancel"): "cancelled",
}


@pytest.mark.req("CAM-1")
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("act", list(Act))
def test_each_act_is_allowed_from_its_states_only(state: State, act: Act) -> None:
    assert states.after(state, act) == ALLOWED.get((state, act))
    assert (state in states.sources(act)) == ((state, act) in ALLOWED)
    assert (act in states.acts(state)) == ((state, act) in ALLOWED)


def test_a_cancelled_campaign_moves_no_more() -> None:
    assert not states.acts(State.CANCELLED)


def test_good_content_gets_no_finding() -> None:
    assert check(CONTENT, GOOD, KNOWN) == []


@pytest.mark.req("CAM-2", "CAM-5")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"unsubscribe": False}, "unsubscribe_missing"),
        ({"postal_address": False}, "postal_address_missing"),
        ({"marked": False}, "mark_missing"),
        ({"size": 500_001}, "too_large"),
        ({"subject_length": 201}, "subject_too_long"),
        ({"links": 501}, "too_many_links"),
    ],
)
def test_what_stops_a_launch(changed: dict[str, object], code: str) -> None:
    found = check(CONTENT, replace(GOOD, **changed), KNOWN)  # type: ignore[arg-type]
    assert [(each.code, each.weight) for each in found] == [(code, Weight.STOPS)]


@pytest.mark.req("CAM-2")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"subject": "  "}, "subject_missing"),
        ({"from_name": ""}, "sender_name_missing"),
        ({"from_address": ""}, "sender_address_missing"),
    ],
)
def test_a_message_without_sender_or_subject_is_stopped(changed: dict[str, str], code: str) -> None:
    assert [each.code for each in check(replace(CONTENT, **changed), GOOD, KNOWN)] == [code]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"html_size": 110_000}, "clipped"),
        ({"preheader": False}, "preheader_missing"),
        ({"links": 0}, "no_links"),
        ({"images": 2, "images_without_alt": 1}, "images_without_alt"),
        ({"fields": ("nickname",)}, "unknown_fields"),
        ({"removed": ("script",)}, "removed"),
        ({"notes": (("link_without_address", "foo"),)}, "link_without_address"),
    ],
)
def test_what_warns(changed: dict[str, object], code: str) -> None:
    found = check(CONTENT, replace(GOOD, **changed), KNOWN)  # type: ignore[arg-type]
    assert [(each.code, each.weight) for each in found] == [(code, Weight.WARNS)]


def test_what_stops_is_told_before_what_warns() -> None:
    found = check(CONTENT, replace(GOOD, preheader=False, unsubscribe=False), KNOWN)
    assert [each.weight for each in found] == [Weight.STOPS, Weight.WARNS]


def test_sealed_values_go_before_clear_ones() -> None:
    assert merging.values({"email": "a@b.example", "city": "Brno"}, {"city": "x", "orders": 3}) == {
        "email": "a@b.example",
        "city": "Brno",
        "orders": 3,
    }


@pytest.mark.parametrize(
    ("fields", "name"), [({"first_name": "Eva", "last_name": "Malá"}, "Eva Malá"), ({"last_name": "M"}, "M"), ({}, "")]
)
def test_the_name_in_the_to_header(fields: dict[str, object], name: str) -> None:
    assert merging.display_name(fields) == name

"""The clock of a duty and how things are written."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mandata.console.clocks import face
from mandata.console.icons import ICONS
from mandata.console.templatetags import ui
from tests.world import NOON

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("elapsed", "tone", "late"),
    [
        (1, "good", False),
        (4.9, "good", False),
        (5, "warn", False),
        (8.9, "warn", False),
        (9, "bad", False),
        (10, "bad", True),
    ],
)
def test_a_clock_is_amber_at_half_red_at_the_end_and_late_after_it(elapsed: float, tone: str, late: bool) -> None:
    drawn = face(start=NOON, due=NOON + 10 * DAY, now=NOON + elapsed * DAY)
    assert (drawn.tone, drawn.late) == (tone, late)


def test_a_duty_that_is_done_is_calm_even_if_it_was_late() -> None:
    assert face(due=NOON, now=NOON + DAY, done=True).tone == "calm"


@given(st.timedeltas(min_value=timedelta(0), max_value=400 * DAY), st.timedeltas(-400 * DAY, 400 * DAY))
def test_a_clock_never_shows_less_than_nothing_or_more_than_all(length: timedelta, at: timedelta) -> None:
    assert 0 <= face(start=NOON, due=NOON + length, now=NOON + at).part <= 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12, "12 s"), (180, "3 min"), (7_500, "2 h 5 min"), (90_000, "1 day 1 h"), (86_400 * 9 + 3_600, "9 days")],
)
def test_a_duration_is_written_with_its_two_largest_units(seconds: int, text: str) -> None:
    assert ui.span(seconds) == text
    assert ui.span(timedelta(seconds=-seconds)) == text


def test_numbers_follow_the_locale_and_a_part_of_nothing_is_a_dash() -> None:
    with translation.override("cs"):
        assert ui.number(12_345) == "12\xa0345"
        assert ui.percent(1, 3) == "33,3 %"
    assert ui.percent(1, 0) == "–"
    assert ui.number(None) == "–"


@pytest.mark.parametrize(("address", "shown"), [("jana@seznam.cz", "j…@seznam.cz"), ("nobody", "…"), ("", "…")])
def test_an_address_in_a_list_shows_its_first_letter_and_domain_only(address: str, shown: str) -> None:
    assert ui.masked(address) == shown


def test_dates_of_duties_carry_the_weekday() -> None:
    assert ">Mon 2026-03-02 12:00<" in str(ui.due_day(NOON))


@pytest.mark.parametrize("name", sorted(ICONS))
def test_an_icon_is_decoration_unless_it_is_named(name: str) -> None:
    assert 'aria-hidden="true"' in ui.icon(name)
    assert 'role="img" aria-label="a &amp; b"' in ui.icon(name, "", "a & b")


def test_a_bar_is_a_share_of_its_whole_or_of_the_largest() -> None:
    drawn = ui.bars("By provider", [{"label": "a", "value": 50, "whole": 200}, {"label": "b", "value": 25}], ["x", "y"])
    assert [row["width"] for row in drawn["rows"]] == [25.0, 50.0]


def test_a_chart_carries_the_same_numbers_as_a_plot_and_as_a_table() -> None:
    data = {"x": [NOON, NOON + DAY], "series": [{"label": "Opens", "values": [5, None]}]}
    html = Template("{% load ui %}{% chart 'c' 'Opens' data csv='/c.csv' %}").render(Context({"data": data}))
    assert '"values": [5, null]' in html
    assert '<td class="m-num">5</td>' in html
    assert 'href="/c.csv"' in html


def test_a_field_ties_its_hint_and_errors_to_its_control() -> None:
    from django import forms

    class Form(forms.Form):
        name = forms.CharField(help_text="As known.")

    html = Template("{% load ui %}{% field form.name %}").render(Context({"form": Form({"name": ""})}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html


def test_a_refusal_names_clause_and_remedy_and_leads_there() -> None:
    refusal = SimpleNamespace(message="No <b>domain</b>", clause="sender.domain (ECO 7.2)", remedy="Verify it.")
    html = Template("{% include 'components/refusal.html' with url='/sending/' %}").render(
        Context({"refusal": refusal})
    )
    assert "No &lt;b&gt;domain&lt;/b&gt;" in html
    assert "sender.domain (ECO 7.2)" in html
    assert 'href="/sending/"' in html

"""Exports: no cell is a formula, and a re-import reads back what was there."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mandata.audience.rules import cells


@pytest.mark.parametrize(
    "cell", ["=1+1", "+420601123456", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", " =1", "|cmd", "%0A"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_text(cell: str) -> None:
    assert cells.safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Jana", "O'Brien", "'quoted'", "a=b", "1+1", "jana@example.com"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert cells.safe(cell) == cell


@given(st.text("'=+-@ \t\r\n\ufeffaž＝", max_size=8) | st.text(max_size=20))
@example("'=1")
@example("''=1")
@example("' =1")
def test_what_was_exported_is_read_back_unchanged(cell: str) -> None:
    assert cells.shown(cells.safe(cell)) == cell


@given(st.lists(st.text("'=+-@;,\"\r\n až", max_size=8), min_size=1, max_size=4))
def test_a_line_reads_back_as_its_cells(row: list[str]) -> None:
    line = cells.Writer(";").line(row)
    read = next(csv.reader(io.StringIO(line, newline=""), delimiter=";"))
    assert [cells.shown(cell) for cell in read] == row
    assert line.endswith('"\r\n')
    assert all(cell[:1] not in "=+-@\t\r" for cell in read if cell)

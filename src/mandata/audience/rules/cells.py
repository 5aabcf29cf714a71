"""Cells of an export that a spreadsheet will not run, and that a re-import reads back unchanged.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab, a line break or their full-width forms is a formula to a
spreadsheet (OWASP, "CSV injection"). An apostrophe before it makes it text. A cell that begins with apostrophes before
such a sign gets one more, so that `shown` undoes `safe` for every text.
"""

import csv
import re
from collections.abc import Iterable
from typing import Final

DANGEROUS: Final = "=+\\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20\u2212"
_DANGEROUS_CELL = re.compile(rf"'*[\s\ufeff]*[{DANGEROUS}]")
_ESCAPED_CELL = re.compile(rf"'+[\s\ufeff]*[{DANGEROUS}]")


def safe(cell: str) -> str:
    """Return the cell as it may stand in an export."""
    return f"'{cell}" if _DANGEROUS_CELL.match(cell) else cell


def shown(cell: str) -> str:
    """Return what `safe` was given: the way back, on import."""
    return cell[1:] if cell[:1] == "'" and _ESCAPED_CELL.match(cell) else cell


class _Line:
    """The file csv writes to: keeps the last line."""

    text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


class Writer:
    """Writes rows as lines of CSV (RFC 4180, CRLF, every cell in quotes), each cell made safe."""

    def __init__(self, delimiter: str = ",") -> None:
        self._line = _Line()
        self._csv = csv.writer(self._line, delimiter=delimiter, quoting=csv.QUOTE_ALL)

    def line(self, cells: Iterable[str]) -> str:
        """Return one line with its end."""
        self._csv.writerow([safe(cell) for cell in cells])
        return self._line.text

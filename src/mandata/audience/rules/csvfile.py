"""Reading somebody's CSV file: what it is, and its rows as a stream, in bounded memory.

`sniff` looks at the first bytes and says the encoding, the delimiter and whether a header stands first, or why the file
cannot be read. `rows` then yields ``(line, cells)`` from chunks of bytes. Bytes that the encoding does not know become
lone surrogates (PEP 383), so that the row that holds them can be rejected by its number and the rest goes on.

Bounds: a record, quoted line breaks included, is at most `MAX_RECORD` characters, a cell at most csv's own limit of
131,072. More is a binary file or a quotation mark never closed, and is refused as such.
"""

import codecs
import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mandata.foundation import addresses

MAX_RECORD: Final = 1_000_000
SAMPLE: Final = 256 * 1024
"""How many bytes `sniff` wants to see; fewer only where the file is shorter."""

ENCODINGS: Final = ("utf-8", "utf-16", "windows-1250", "iso-8859-2", "windows-1252")
"""The encodings a member may choose where the guess is wrong."""
DELIMITERS: Final = (";", ",", "\t", "|")

FILE_CODES: Final = (
    "file_empty",
    "file_binary",
    "file_excel",
    "file_encoding",
    "file_line_too_long",
    "file_without_rows",
    "file_without_email",
    "file_columns_twice",
    "file_too_large",
    "file_field_unknown",
)

_SIGNATURES: Final = (
    (b"PK\x03\x04", "file_excel"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_excel"),
    (b"%PDF-", "file_binary"),
    (b"\x1f\x8b", "file_binary"),
    (b"\x89PNG", "file_binary"),
    (b"\xff\xd8\xff", "file_binary"),
    (b"GIF8", "file_binary"),
    (b"7z\xbc\xaf", "file_binary"),
    (b"Rar!", "file_binary"),
    (b"SQLite format 3\x00", "file_binary"),
    (b"{\\rtf", "file_binary"),
    (b"\x7fELF", "file_binary"),
    (b"MZ\x90", "file_binary"),
    (b"\xff\xfe\x00\x00", "file_encoding"),
    (b"\x00\x00\xfe\xff", "file_encoding"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))
# Bytes of š, ž, ť and their capitals in ISO 8859-2 that are signs in windows-1250.
_LATIN2_ONLY = frozenset(b"\xa9\xab\xae\xb9\xbb\xbe")
_PUNCTUATION = frozenset("\u00a0„“”‚‘’–—…€§°·«»´¨×®©™•¤¸¬")


class FileProblem(ValueError):
    """The file cannot be read as it is. `code` is one of `FILE_CODES`, `line` the line at fault (1-based) or 0."""

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(f"{code} (line {line})" if line else code)
        self.code = code
        self.line = line


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written. `preamble` counts lines before the header (Excel's ``sep=;``)."""

    encoding: str
    delimiter: str
    header: bool
    preamble: int = 0


def sniff(sample: bytes, *, encoding: str = "", delimiter: str = "") -> Shape:
    """Tell the shape of the file that begins with `sample`; what the member chose is taken. Raises `FileProblem`."""
    if not sample.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise FileProblem("file_empty")
    encoding = encoding or _encoding(sample)
    text = _decoder(encoding).decode(sample)
    first, _, rest = text.partition("\n")
    preamble, declared = 0, ""
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        preamble, declared, text = 1, first.strip()[4], rest
    delimiter = delimiter or declared or _delimiter(text)
    records = _records(text, delimiter)
    if not records:
        raise FileProblem("file_without_rows")
    return Shape(encoding, delimiter, header=not any(_is_address(cell) for cell in records[0]), preamble=preamble)


def rows(chunks: Iterable[bytes], shape: Shape) -> Iterator[tuple[int, list[str]]]:
    """Yield ``(number of the row's first line, its cells)``, the header included, blank rows left out.

    Raises `FileProblem("file_line_too_long", line)` at a record beyond the bounds; what came before has been yielded.
    """
    source = _Lines(chunks, shape.encoding)
    reader = csv.reader(source, delimiter=shape.delimiter)
    line = 1
    try:
        for cells in reader:
            if cells and line > shape.preamble and (len(cells) > 1 or cells[0].strip()):
                yield line, cells
            source.pending = 0
            line = reader.line_num + 1
    except csv.Error:
        raise FileProblem("file_line_too_long", line) from None


def is_readable(text: str) -> bool:
    """False where `text` holds bytes the encoding does not know (lone surrogates) or NUL, which no field may hold."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class LineGuard:
    """Looks at a byte stream as it comes in, and raises once a line outgrows the bounds: before anything is stored."""

    def __init__(self) -> None:
        self._line = 1
        self._length = 0

    def look(self, chunk: bytes) -> None:
        """Take the next bytes. Raises `FileProblem("file_line_too_long", line)`."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._grow(end - start)
            self._line, self._length, start = self._line + 1, 0, end + 1
        carriage = chunk.rfind(b"\r", start)
        if carriage >= 0:
            self._length, start = 0, carriage + 1
        self._grow(len(chunk) - start)

    def _grow(self, length: int) -> None:
        self._length += length
        if self._length > 4 * MAX_RECORD:  # at most four bytes a character
            raise FileProblem("file_line_too_long", self._line)


class _Lines:
    """The lines of decoded chunks, with their ends, as csv wants them; counts what one record has taken."""

    def __init__(self, chunks: Iterable[bytes], encoding: str) -> None:
        self.pending = 0
        self._lines = self._split(chunks, encoding)
        self._number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self.pending += len(line)
        if self.pending > MAX_RECORD:
            raise FileProblem("file_line_too_long", self._number)
        return line

    def _split(self, chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
        decoder = _decoder(encoding)
        rest = ""
        for chunk in chunks:
            # StringIO splits at LF, CR and CRLF only; str.splitlines would also split at U+0085 and kin.
            lines = list(io.StringIO(rest + decoder.decode(chunk), newline=""))
            rest = lines.pop() if lines else ""
            yield from lines
            if len(rest) > MAX_RECORD:
                raise FileProblem("file_line_too_long", self._number + 1)
        yield from io.StringIO(rest + decoder.decode(b"", final=True), newline="")


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    # "utf-8-sig" also drops a byte order mark that is not there.
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    return codecs.getincrementaldecoder(name)(errors="surrogateescape" if encoding != "utf-16" else "replace")


def _encoding(sample: bytes) -> str:
    for signature, code in _SIGNATURES:
        if sample.startswith(signature):
            raise FileProblem(code)
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if (len(sample) - len(sample.translate(None, _CONTROLS))) * 50 > len(sample):
        raise FileProblem("file_binary")
    text = _decoder("utf-8").decode(sample)
    beyond = [char for char in text if char >= "\x80"]
    unknown = sum("\ud800" <= char <= "\udfff" for char in beyond)
    # A file that is UTF-8 but for a few bytes is UTF-8: those rows are rejected one by one.
    return "utf-8" if unknown * 5 <= len(beyond) - unknown else _single_byte(sample)


def _single_byte(sample: bytes) -> str:
    """Decide between the encodings of Central European exports, or refuse: a wrong guess would garble every name."""
    text = sample.decode("windows-1250", "replace")
    high = [char for char in text if char >= "\x80"]
    odd = sum(not char.isalpha() and char not in _PUNCTUATION for char in high)
    if odd * 10 > len(high):
        raise FileProblem("file_encoding")
    # In a Latin script most letters of a word are ASCII; in Cyrillic or Greek bytes hardly any is.
    letters = [char for word in text.replace(";", " ").split() if not word.isascii() for char in word if char.isalpha()]
    if sum(char >= "\x80" for char in letters) * 10 > len(letters) * 7:
        raise FileProblem("file_encoding")
    if any(0x80 <= byte < 0xA0 for byte in sample):
        return "windows-1250"
    within = any(
        byte in _LATIN2_ONLY and (sample[at - 1 : at].isalpha() or sample[at + 1 : at + 2].isalpha())
        for at, byte in enumerate(sample)
    )
    return "iso-8859-2" if within else "windows-1250"


def _delimiter(text: str) -> str:
    best, columns = ",", 1
    for delimiter in DELIMITERS:
        widths = Counter(len(record) for record in _records(text, delimiter))
        width, agreeing = widths.most_common(1)[0] if widths else (1, 0)
        if width > columns and agreeing * 10 >= widths.total() * 7:
            best, columns = delimiter, width
    return best


def _records(text: str, delimiter: str, limit: int = 100) -> list[list[str]]:
    """The first records of a sample; the last, which the sample may have cut, only where it stands alone."""
    found: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text[:MAX_RECORD], newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in record):
                found.append(record)
            if len(found) > limit:
                break
    except csv.Error:
        pass
    return found[:-1] if len(found) > 1 and len(found) <= limit and not text.endswith(("\n", "\r")) else found


def _is_address(cell: str) -> bool:
    return "@" in cell and addresses.is_valid(addresses.clean(cell))


def folded(text: str) -> str:
    """`text` in lower case without accents and signs: how headers and words in cells are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if char.isalnum())

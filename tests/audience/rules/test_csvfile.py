"""Files: told apart by their bytes, read as a stream, refused in words where they cannot be read."""

import csv
import io
import tracemalloc
from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.audience.rules import csvfile
from mandata.audience.rules.csvfile import FileProblem, Shape

CZECH = "E-mail;Jméno;Město\njana@example.com;Žofie;České Budějovice\npetr@example.com;Jiří;Žďár nad Sázavou\n"


def refused(data: bytes, **chosen: str) -> FileProblem:
    with pytest.raises(FileProblem) as raised:
        csvfile.sniff(data, **chosen)
    assert raised.value.code in csvfile.FILE_CODES
    return raised.value


@pytest.mark.parametrize(
    ("codec", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1250", "windows-1250"),
        ("iso-8859-2", "iso-8859-2"),
        ("utf-16", "utf-16"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(codec: str, named: str) -> None:
    shape = csvfile.sniff(CZECH.encode(codec))
    assert shape == Shape(named, ";", header=True)
    rows = list(csvfile.rows([CZECH.encode(codec)], shape))
    assert rows[0] == (1, ["E-mail", "Jméno", "Město"])
    assert rows[2] == (3, ["petr@example.com", "Jiří", "Žďár nad Sázavou"])


def test_german_umlauts_in_windows_1250_are_read() -> None:
    data = "E-Mail,Ort\na@example.com,München\nb@example.com,Straße\n".encode("cp1250")
    shape = csvfile.sniff(data)
    assert [cells for _, cells in csvfile.rows([data], shape)][1:] == [
        ["a@example.com", "München"],
        ["b@example.com", "Straße"],
    ]


def test_an_encoding_that_cannot_be_told_is_refused_not_guessed() -> None:
    cyrillic = "Почта;Имя\nivan@example.com;Иван\nolga@example.com;Ольга Петрова\n".encode("cp1251")
    assert refused(cyrillic).code == "file_encoding"
    assert csvfile.sniff(cyrillic, encoding="windows-1250").encoding == "windows-1250"


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"\x00\x00\x00"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert refused(data).code == "file_empty"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04" + bytes(300), "file_excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(300), "file_excel"),
        (b"%PDF-1.7 something", "file_binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "file_binary"),
        (bytes(range(256)) * 20, "file_binary"),
        (CZECH.encode("utf-32"), "file_encoding"),
        (CZECH.encode("utf-16-le"), "file_binary"),
    ],
)
def test_a_binary_file_is_refused(data: bytes, code: str) -> None:
    assert refused(data).code == code


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_told_by_the_rows_that_agree(delimiter: str) -> None:
    text = "\n".join(delimiter.join(["a@example.com", f"no, no; {number}", "x"]) for number in range(9))
    quoted = "\n".join(f'a@example.com{delimiter}"no, no; {number}"{delimiter}x' for number in range(9))
    assert csvfile.sniff(quoted.encode()).delimiter == delimiter
    assert csvfile.sniff(text.encode(), delimiter=delimiter).delimiter == delimiter


def test_a_file_of_addresses_alone_has_one_column_and_no_header() -> None:
    assert csvfile.sniff(b"a@example.com\nb@example.com\n") == Shape("utf-8", ",", header=False)


def test_the_line_by_which_excel_declares_its_separator_is_skipped() -> None:
    data = b"sep=;\r\nE-mail;City\r\na@example.com;Brno\r\n"
    shape = csvfile.sniff(data)
    assert shape == Shape("utf-8", ";", header=True, preamble=1)
    assert list(csvfile.rows([data], shape)) == [(2, ["E-mail", "City"]), (3, ["a@example.com", "Brno"])]


def test_a_row_is_numbered_by_its_first_line_and_blank_rows_count_as_lines() -> None:
    data = b'E-mail,Note\n\na@example.com,"two\nlines"\r\nb@example.com,x\rc@example.com,\x0by'
    shape = Shape("utf-8", ",", header=True)
    assert list(csvfile.rows([data], shape)) == [
        (1, ["E-mail", "Note"]),
        (3, ["a@example.com", "two\nlines"]),
        (5, ["b@example.com", "x"]),
        (6, ["c@example.com", "\x0by"]),
    ]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.lists(st.text("ab;\",\n\r'ž 漢\u2028\x85", max_size=6), min_size=2, max_size=4), min_size=1, max_size=8
    ),
    st.integers(1, 7),
)
def test_chunks_may_cut_anywhere(table: list[list[str]], size: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(table)
    data = text.getvalue().encode()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    shape = Shape("utf-8", ";", header=False)
    assert [cells for _, cells in csvfile.rows(chunks, shape)] == table


def test_bytes_that_the_encoding_does_not_know_spoil_their_own_row_only() -> None:
    data = "E-mail;Jméno\n".encode() + b"a@example.com;\x8eofie\n" + "b@example.com;Jiří\n".encode() * 20
    shape = csvfile.sniff(data)
    assert shape.encoding == "utf-8"
    rows = [cells for _, cells in csvfile.rows([data], shape)]
    assert [csvfile.is_readable("".join(cells)) for cells in rows[:3]] == [True, False, True]
    assert not csvfile.is_readable("a\x00b")


def endless(piece: bytes, total: int) -> Iterator[bytes]:
    for _ in range(total // len(piece)):
        yield piece


@pytest.mark.parametrize(
    ("start", "piece"),
    [(b"", b"a" * 65536), (b"", b"a," * 32768), (b'"', b"a\n" * 32768), (b"", b'"a\n",' * 13107)],
    ids=["one cell", "many cells", "a quotation mark never closed", "quoted line breaks"],
)
def test_a_line_of_100_mb_is_refused_with_its_number_and_in_bounded_memory(start: bytes, piece: bytes) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"E-mail,Name\na@example.com,x\n" + start
        yield from endless(piece, 100_000_000)

    tracemalloc.start()
    try:
        with pytest.raises(FileProblem) as raised:
            deque(csvfile.rows(chunks(), Shape("utf-8", ",", header=True)), maxlen=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert raised.value.code == "file_line_too_long"
    assert raised.value.line >= 3
    assert peak < 60_000_000


def test_a_long_line_is_noticed_while_it_is_still_coming_in() -> None:
    guard = csvfile.LineGuard()
    guard.look(b"E-mail\nshort\n" * 100_000)
    with pytest.raises(FileProblem) as raised:
        for piece in endless(b"x" * 65536, 100_000_000):
            guard.look(piece)
    assert (raised.value.code, raised.value.line) == ("file_line_too_long", 200_001)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_either_read_or_refused_by_a_known_code(data: bytes) -> None:
    try:
        shape = csvfile.sniff(data)
        list(csvfile.rows([data], shape))
    except FileProblem as problem:
        assert problem.code in csvfile.FILE_CODES

"""An address with accents is found in a file in whatever encoding the file is written."""

import pytest

from mandata.audience.rules.blanking import blank_out, form_of, needles

LOOKUP = "reader@xn--luouk-k-z2a6lsyxjlexh.example"


@pytest.mark.req("RET-4")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "iso-8859-2", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("written", ["reader@žluťoučký-kůň.example", "READER@ŽLUŤOUČKÝ-KŮŇ.EXAMPLE", LOOKUP])
def test_a_line_with_the_address_is_blanked_and_no_other(encoding: str, written: str) -> None:
    window = bytearray(f"email;jméno\n{written};Žofie\nother@posta.example;Eva\n".encode(encoding))
    length = len(window)
    assert blank_out(window, needles([LOOKUP], form_of(bytes(window[:4]), encoding)), last=True) == [LOOKUP]
    assert len(window) == length
    assert [line.strip("x") for line in window.decode(encoding).splitlines()] == [
        "email;jméno",
        "",
        "other@posta.example;Eva",
    ]


def test_an_address_that_an_encoding_cannot_write_is_in_no_file_of_it() -> None:
    wanted = needles(["reader@xn--90ae.example", "reader@posta.example"], form_of(b"", "cp1250"))
    window = bytearray(b"reader@posta.example;x\n")
    assert blank_out(window, wanted, last=True) == ["reader@posta.example"]

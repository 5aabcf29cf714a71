"""The agreement as PDF, by typst. The text enters as data (JSON), never as typst code."""

import typst

from mandata.agreements.library import pdf_template
from mandata.agreements.rules.text import Document, dump


def pdf(document: Document, *, note: str = "") -> bytes:
    """The document as PDF (A4, embedded fonts only, no dates: the same document gives the same pages).

    ``note`` is a line under the text, for example who accepted it, when, and the digest.
    """
    inputs = {"agreement": dump(document).decode(), "note": note}
    made = typst.compile(pdf_template(), sys_inputs=inputs, ignore_system_fonts=True, format="pdf")
    if not isinstance(made, bytes):
        raise TypeError("typst returned no document")
    return made

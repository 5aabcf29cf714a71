"""The library of agreements: one TOML file each, read from the package, and the template of their PDF."""

from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

from mandata.agreements.rules.lines import lines_of, nearest
from mandata.agreements.rules.terms import LARGEST, BadTerms, Terms, decoded, parse
from mandata.foundation.errors import Fault
from mandata.foundation.periods import Unreckonable
from mandata.foundation.periods.counting import zone_of

_KEPT = 256
"""How many texts are kept read: every draft of the form is one, and nothing forgets them."""


def names() -> tuple[str, ...]:
    """The agreements that ship, in alphabetical order."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def source(name: str) -> str:
    """The exact TOML text of an agreement. Raises Fault for a name that the library does not hold."""
    if name not in names():
        raise Fault(f"There is no agreement {name} in the library.", remedy=f"Choose one of {', '.join(names())}.")
    return resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")


@cache
def load(name: str) -> Terms:
    """An agreement of the library, read and checked. Raises BadTerms with file and line, Fault for an unknown name."""
    return checked(source(name), f"{name}.toml")


@lru_cache(maxsize=_KEPT)
def checked(text: str, file: str) -> Terms:
    """Terms from their exact text, with what only the machine knows: whether its time zone exists. Raises BadTerms."""
    terms = parse(text, file)
    try:
        zone_of(terms.head.zone)
    except Unreckonable:
        line = nearest(("terms", "zone"), lines_of(text))
        problem, remedy = f"There is no time zone {terms.head.zone}.", "Take a name of the IANA time zone database."
        raise BadTerms(file=file, line=line, problem=problem, remedy=remedy) from None
    return terms


def read(path: Path) -> str:
    """The text of an agreement file, never more of it than an agreement can hold. Raises BadTerms, OSError."""
    with path.open("rb") as file:
        data = file.read(4 * LARGEST + 4)  # a character of UTF-8 has at most four bytes
    if len(data) > 4 * LARGEST:
        problem = f"The file is larger than an agreement of at most {LARGEST} characters."
        raise BadTerms(file=str(path), line=1, problem=problem, remedy="Is it an agreement? Leave out what is none.")
    return decoded(data, str(path))


def pdf_template() -> bytes:
    """The typst source of the PDF. It holds no text of an agreement: that enters as data."""
    return resources.files(__package__).joinpath("agreement.typ").read_bytes()

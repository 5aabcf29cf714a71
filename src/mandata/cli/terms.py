"""Which agreement a command speaks of: one that ships, or a TOML file. Needs neither Django nor a database."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from mandata.agreements.rules.terms import Terms

Agreement = Annotated[str, typer.Option(help="An agreement that ships; `mandata duties` lists them.")]
File = Annotated[Path | None, typer.Option(help="Or a TOML file of your own.", dir_okay=False)]
Language = Annotated[str, typer.Option(help="Language of the words: en or cs.")]


def terms_of(agreement: str, file: Path | None) -> "Terms":
    """The terms of an agreement that ships, or of a file. Raises Fault: with the names that are near, or with the
    file's line and what to do about it; also where both or neither were named.
    """
    if bool(agreement) == bool(file):
        raise Fault(
            "Name one agreement.", remedy="Give --agreement NAME (`mandata duties` lists them) or --file PATH.toml."
        )
    return read(file) if file else shipped(agreement)


def shipped(name: str) -> "Terms":
    """An agreement of the library. Raises Fault with the names that are near."""
    from mandata.agreements import library

    names = library.names()
    if name in names:
        return library.load(name)
    near = difflib.get_close_matches(name.lower(), names, n=2, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(names)}; or give --file PATH.toml."
    raise Fault(f"There is no agreement {name[:80]} in the library.", remedy=hint)


def read(file: Path) -> "Terms":
    """The terms of a TOML file. Raises Fault where it cannot be read or used."""
    from mandata.agreements import library
    from mandata.agreements.rules.terms import BadTerms

    try:
        return library.checked(library.read(file), str(file))
    except BadTerms as bad:
        raise Fault(f"{bad.file}:{bad.line}: {bad.problem}", remedy=bad.remedy) from None
    except OSError as error:
        raise Fault(f"{file} cannot be read: {error.strerror}.", remedy="Give the path of a TOML file.") from None

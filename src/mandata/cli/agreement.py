"""`mandata agreement`: the agreements on offer: list, check, show, compare, and put one of your own on offer."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.cli.terms import read
from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from mandata.agreements.rules.terms import Terms

app = typer.Typer(
    no_args_is_help=True,
    help="""Agreements: those that ship, and your own. One TOML file each; docs/agreements.md says how to write one.

    Examples:

        mandata agreement list

        mandata agreement diff ecomail imagicle
    """,
)

Language = Annotated[str, typer.Option(help="Language of the words: en or cs.")]
Named = Annotated[str, typer.Argument(help="An agreement that ships, or the path of a TOML file.")]


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List the agreements that ship, with their titles and versions. Needs no database.

    Examples:

        mandata agreement list

        mandata agreement list --json
    """
    from mandata.agreements import library

    for name in library.names():
        terms = library.load(name)
        values = {
            "agreement": name,
            "version": terms.version,
            "title": dict(terms.titles),
            "languages": terms.head.languages,
            "clauses": len(terms.clauses),
        }
        title = terms.titles[terms.head.languages[0]]
        emit(as_json, values, f"{name:<12} {terms.version:<12} {len(terms.clauses):>4} clauses  {title}")


@app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(help="TOML files.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Check agreement files; name file, line, problem and remedy of each that cannot be used. Needs no database.

    Exit code 1 where any file is refused.

    Examples:

        mandata agreement check my-agreement.toml

        mandata agreement check *.toml --json
    """
    from mandata.agreements import library
    from mandata.agreements.rules.terms import BadTerms

    refused = 0
    for file in files:
        try:
            terms = library.checked(library.read(file), str(file))
        except BadTerms as bad:
            refused += 1
            values = {"file": bad.file, "holds": False, "line": bad.line, "problem": bad.problem, "remedy": bad.remedy}
            emit(as_json, values, str(bad))
        else:
            values = {"file": str(file), "holds": True, "agreement": terms.name, "version": terms.version}
            emit(
                as_json, values, f"{file}: {terms.name} {terms.version}, {len(terms.clauses)} clauses. It can be used."
            )
    if refused:
        raise typer.Exit(1)


@app.command("show")
def show(
    name: Named, language: Language = "en", pdf: Annotated[Path | None, typer.Option(help="Write a PDF.")] = None
) -> None:
    """Print the text that derives from an agreement's terms, the parties not yet named. Needs no database.

    Examples:

        mandata agreement show imagicle

        mandata agreement show ecomail --language cs --pdf ecomail.pdf
    """
    from mandata.agreements import pdf as printer
    from mandata.agreements.language import words
    from mandata.agreements.rules import text
    from mandata.agreements.rules.text import Parties, Party

    terms = _terms(name)
    if language not in terms.head.languages:
        offered = ", ".join(terms.head.languages)
        raise Fault(f"{terms.name} is not offered in {language!r}.", remedy=f"Choose one of {offered}.")
    document = text.render(terms, Parties(Party(""), Party("")), language, words(language))
    if pdf:
        pdf.write_bytes(printer.pdf(document))
    else:
        typer.echo(text.plain(document), nl=False)


@app.command("diff")
def diff(old: Named, new: Named, language: Language = "en", as_json: AsJson = False) -> None:
    """Tell what differs between two agreements or versions, clause by clause. Needs no database.

    Exit code 1 where anything differs, as `diff` has it.

    Examples:

        mandata agreement diff ecomail my-ecomail.toml

        mandata agreement diff ecomail imagicle --language cs
    """
    from mandata.agreements.language import words
    from mandata.agreements.rules.differences import differences

    found = differences(_terms(old), _terms(new), language, words(language))
    for one in found:
        emit(as_json, asdict(one), one.summary)
    if found:
        raise typer.Exit(1)


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="A TOML file.", exists=True, dir_okay=False)], as_json: AsJson = False
) -> None:
    """Put an agreement of your own on offer in this installation. The same file again changes nothing.

    Name it in MANDATA_AGREEMENT to have new controllers asked to accept it; announce it to others in the console.

    Examples:

        mandata agreement add my-agreement.toml

        mandata agreement add my-agreement.toml --json
    """
    read(file)
    with connected():
        django()
        from mandata.agreements import library
        from mandata.agreements.services import templates
        from mandata.infra.clock import now

        terms = templates.put(text=library.read(file), by=None, at=now(), file=str(file))
    values = {"agreement": terms.name, "version": terms.version, "digest": terms.digest}
    emit(as_json, values, f"{terms.name} {terms.version} is on offer. SHA-256 of its text: {terms.digest}")


def _terms(name: str) -> "Terms":
    from mandata.agreements import library

    if name in library.names():
        return library.load(name)
    if not Path(name).is_file():
        raise Fault(f"{name} is neither an agreement that ships nor a file.", remedy="See `mandata agreement list`.")
    return read(Path(name))

"""The text derives from the terms, in each language, and its exact bytes are named by a digest."""

import ast
import re
from pathlib import Path

import pytest

from mandata.agreements import library
from mandata.agreements.language import words
from mandata.agreements.pdf import pdf
from mandata.agreements.rules import text
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.spec import CHAPTERS
from mandata.agreements.rules.text import Document, Parties, Party
from mandata.agreements.rules.words import ENGLISH

AREA = Path(library.__file__).parent.parent
SAME = {"audit", "alcohol", "Malta", "Argentina", "Uruguay"}
"""Words that Czech shares with English."""
PARTIES = Parties(Party("Operator Ltd.", "1 Street, Prague", "123", "op@example.org"), Party("Demo Bakery"))


def shown(language: str = "en", parties: Parties = PARTIES, name: str = "ecomail") -> Document:
    return text.render(library.load(name), parties, language, words(language))


@pytest.mark.parametrize("name", library.names())
@pytest.mark.req("AGR-2")
def test_every_clause_of_the_terms_stands_in_the_text_once(name: str) -> None:
    chapters = shown(name=name).chapters
    keys = [item.key for chapter in chapters for item in chapter.paragraphs if not item.key.startswith("party.")]
    assert sorted(keys) == sorted(library.load(name).clauses)


def test_the_annexes_follow_the_order_of_the_commissions_clauses() -> None:
    titles = [chapter.title for chapter in shown().chapters]
    present = {CATALOGUE[key].chapter for key in library.load("ecomail").clauses} | {"annex1"}
    assert titles == [title for code, title in CHAPTERS.items() if code in present]
    assert [title.split(":")[0] for title in titles[-4:]] == ["Annex I", "Annex II", "Annex III", "Annex IV"]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "at the latest within 48 hours from becoming aware of it"),
        ("en", "more than 0.05\N{NO-BREAK SPACE}% of the distributed newsletters"),
        ("en", "effective as of 2023-09-07"),
        ("cs", "nejpozději ve lhůtě 48 hodin od okamžiku, kdy se o něm dozví"),
        ("cs", "více než 0,05\N{NO-BREAK SPACE}% rozeslaných newsletterů"),
        ("cs", "účinné od 7. 9. 2023"),
        ("cs", "s předstihem nejméně 1 měsíce"),
        ("cs", "ve lhůtě 10 pracovních dnů"),
    ],
)
def test_figures_are_spoken_in_the_language(language: str, expected: str) -> None:
    assert expected in text.plain(shown(language))


def test_a_changed_figure_changes_the_text_and_its_digest() -> None:
    changed = library.checked(library.source("ecomail").replace('"48 hours"', '"72 hours"'), "changed.toml")
    other = text.render(changed, PARTIES, "en", ENGLISH)
    assert "within 72 hours" in text.plain(other)
    assert text.digest(other) != text.digest(shown())


@pytest.mark.parametrize("name", library.names())
@pytest.mark.parametrize("language", ["en", "cs"])
def test_no_placeholder_and_no_double_space_is_left(language: str, name: str) -> None:
    plain = text.plain(shown(language, name=name))
    assert not re.search(r"[{}]|  |\bNone\b", plain)


@pytest.mark.parametrize("name", library.names())
def test_every_sentence_begins_with_a_capital(name: str) -> None:
    for language in ("en", "cs"):
        for chapter in shown(language, name=name).chapters:
            for item in chapter.paragraphs:
                assert item.text[:1].isupper() or not item.text[:1].isalpha(), item
                assert not re.search(r"[.?] [a-zá-ž]", re.sub(r"\d\. |č\. |odst\. |Sb\.|Coll\.", "", item.text)), (
                    item.text
                )


@pytest.mark.req("AGR-1")
def test_the_exact_bytes_are_the_same_each_time_and_come_back() -> None:
    document = shown("cs")
    data = text.dump(document)
    assert text.dump(shown("cs")) == data
    assert text.load(data) == document
    assert len(text.digest(document)) == 32


def test_html_escapes_what_parties_bring_in() -> None:
    page = text.html(shown(parties=Parties(Party('<script>alert("1")</script>'), Party("A & B"))))
    assert "<script" not in page
    assert "A &amp; B" in page
    assert 'id="clause-breach-notify" data-source="ECO-A 2.3, 3.3.6"' in page


def test_the_pdf_reads_no_text_as_code_and_is_the_same_each_time() -> None:
    document = shown(parties=Parties(Party('#panic("x") $x$ [y] \\ "'), Party("Žluťoučký kůň")))
    made = pdf(document, note="#panic()")
    assert made.startswith(b"%PDF-")
    assert made == pdf(document, note="#panic()")


def test_an_unknown_language_speaks_english() -> None:
    assert words("xx") is ENGLISH
    assert words("../cs") is ENGLISH
    assert words("cs-cz").gettext("the processor") == "zpracovatel"


def messages() -> set[str]:
    found: set[str] = set()
    for file in AREA.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in {"_", "ngettext"} and isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
    return found


def test_every_message_is_translated_with_the_same_placeholders() -> None:
    czech = words("cs")
    for message in messages():
        said = czech.ngettext(message, message + "s", 2) if message.startswith("{n} ") else czech.gettext(message)
        assert (said and said != message) or message in SAME, message
        assert sorted(re.findall(r"{\w+}", said)) == sorted(re.findall(r"{\w+}", message)), message


def unquoted(lines: str) -> str:
    """A text of a catalogue, which may stand on several lines."""
    return "".join(ast.literal_eval(line) for line in lines.strip().split("\n"))


def test_the_compiled_messages_are_those_of_the_source() -> None:
    source = (AREA / "locale" / "cs" / "LC_MESSAGES" / "agreements.po").read_text(encoding="utf-8")
    some, text_of = r'((?:".*"\n?)+)', unquoted
    pairs = re.findall(rf"^msgid {some}msgstr {some}", source, re.MULTILINE)
    forms = re.findall(rf"^msgid {some}msgid_plural {some}msgstr\[0\] {some}msgstr\[1\] {some}", source, re.MULTILINE)
    assert len(pairs) + len(forms) == source.count("msgid ")
    czech = words("cs")
    wrong = [text_of(one) for one, said in pairs if text_of(one) and czech.gettext(text_of(one)) != text_of(said)]
    assert wrong == []
    for one, many, first, second in forms:
        said = czech.ngettext(text_of(one), text_of(many), 1), czech.ngettext(text_of(one), text_of(many), 2)
        assert said == (text_of(first), text_of(second))


def test_a_clause_is_named_as_the_text_names_it() -> None:
    terms = library.load("ecomail")
    document = text.render(terms, PARTIES, "en", ENGLISH)
    shown = {
        item.key: f"{item.number} {item.title}"
        for chapter in document.chapters
        for item in chapter.paragraphs
        if item.key in terms.clauses
    }
    assert text.headings(terms, ENGLISH) == shown

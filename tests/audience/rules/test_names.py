"""Look-up forms: what people write in different ways comes out the same, and what differs stays apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.audience.rules import names
from mandata.audience.rules.fields import STANDARD, Category, FieldSpec, FieldType, declare
from mandata.audience.rules.lookups import Entry, Lookup, entries, fields


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nováková", "NOVAKOVA"),
        ("Žofie Říhová", "zofie rihova"),
        ("Müller", "Mueller"),
        ("Müller", "Muller"),
        ("Weiß", "WEISS"),
        ("Łukasz", "Lukasz"),
        ("Đoković", "Djokovic"),
        ("Søren Ågaard", "Soeren Aagaard"),
        ("Олена Шевченко", "Olena Sevcenko"),
        ("O’Connor", "o'connor"),
        ("Nováková-Malá", "Nováková Malá"),
        ("Ing. Jan Novák, Ph.D.", "Jan Novák"),
        ("Nova\u0301k", "Novák"),
        ("J. R. Novák", "Novák"),
    ],
)
def test_writings_of_one_name_have_the_same_words(one: str, other: str) -> None:
    assert names.words(one) == names.words(other)


def test_other_names_have_other_words() -> None:
    told = ["Novák", "Nováková", "Nowak", "Malý", "Malá", "Petr", "Petra", "Jan", "Jana", "Svoboda", "Dvořák"]
    assert len({names.words(name) for name in told}) == len(told)


def test_what_is_only_a_title_or_a_letter_is_kept_and_what_is_no_name_is_nothing() -> None:
    assert names.words("Doc") == ("doc",)
    assert names.words("Ó") == ("o",)
    assert names.words(" - ,;") == ()
    assert len(names.words(" ".join(f"name{number}" for number in range(50)))) == names.MAX_WORDS


@given(st.text(max_size=80))
def test_words_are_found_again_by_themselves_and_in_any_case(text: str) -> None:
    found = names.words(text)
    assert names.words(" ".join(found)) == found
    assert all(word and word == word.lower() for word in found)


def test_a_number_is_the_same_with_and_without_its_signs() -> None:
    assert names.number("760506/1234") == names.number(" 7605061234 ") == "7605061234"
    assert names.number("CZ-12 ab") == "cz12ab"
    assert names.number("/-") == ""


def test_the_alphabet_is_that_of_czech_and_ch_stands_after_h_for_its_readers() -> None:
    told = ["cibule", "čaj", "Dan", "hora", "chleba", "řeka", "Řím", "rys", "Ábel", "Adam", "žito", "zima"]
    czech = sorted(told, key=lambda text: names.sort_key(text, "cs"))
    assert czech == ["Ábel", "Adam", "cibule", "čaj", "Dan", "hora", "chleba", "rys", "řeka", "Řím", "zima", "žito"]
    english = sorted(told, key=lambda text: names.sort_key(text, "en"))
    assert english.index("chleba") < english.index("hora")


def test_each_kind_of_field_gives_its_forms_and_sealed_texts_only_are_looked_up() -> None:
    card = FieldSpec("card", "Card", FieldType.TEXT, Category.IDENTITY, sealed=True, lookup="number")
    work = FieldSpec("work", "Work", FieldType.TEXT, Category.CONTACT, sealed=True, lookup="phone")
    nick = FieldSpec("nick", "Nick", FieldType.TEXT, Category.CONTACT, sealed=True, lookup="name")
    identity = {
        "first_name": "Jana",
        "last_name": "Nová",
        "nick": "Janinka",
        "card": "12-3",
        "work": "601 123 456",
        "identification_number": "760506/1234",
        "city": "Brno",
    }
    found = list(entries(identity, fields([*STANDARD.values(), card, work, nick]), country="CZ"))
    assert sorted(found) == sorted(
        [
            Entry(Lookup.NAME, "jana"),
            Entry(Lookup.NAME, "nova"),
            Entry(Lookup.NAME, "janinka"),
            Entry(Lookup.NUMBER, "123"),
            Entry(Lookup.NUMBER, "7605061234"),
            Entry(Lookup.PHONE, "+420601123456"),
        ]
    )
    assert list(entries({"work": "none"}, fields([work]), country="CZ")) == []
    for wrong in (
        FieldSpec("size", "Size", FieldType.TEXT, Category.PREFERENCE, sealed=False, lookup="name"),
        FieldSpec("born", "Born", FieldType.DATE, Category.DEMOGRAPHIC, sealed=True, lookup="number"),
        FieldSpec("nick", "Nick", FieldType.TEXT, Category.CONTACT, sealed=True, lookup="sound"),
    ):
        assert declare(wrong) == "field_lookup"

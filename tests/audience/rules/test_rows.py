"""Columns, fields and rows: what a file's words become, and why a row is not taken."""

from datetime import UTC, datetime
from unicodedata import category
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.audience.rules import columns, facets, fields
from mandata.audience.rules.bases import Basis, Reason, may_lift
from mandata.audience.rules.csvfile import FileProblem
from mandata.audience.rules.fields import STANDARD, Category, FieldSpec, FieldType, ValueRefused
from mandata.audience.rules.rows import REMARK_CODES, ROW_CODES, Reading, Rejected, Row, RowReader

NOW = datetime(2024, 6, 1, tzinfo=UTC)
ORDERS = FieldSpec("orders", "Orders", FieldType.NUMBER, Category.ACTIVITY, sealed=False)
FIELDS = {**STANDARD, "orders": ORDERS}


def reader(*targets: str, **options: object) -> RowReader:
    known = {name: name if name in ("email", *columns.EVIDENCE, "ignore") else f"field:{name}" for name in targets}
    targets = tuple(known[name] for name in targets)
    reading = Reading(targets, FIELDS, ZoneInfo("Europe/Prague"), **options)  # type: ignore[arg-type]
    return RowReader(reading, now=NOW)


def taken(found: Row | Rejected) -> Row:
    assert isinstance(found, Row), found
    return found


def reason(found: Row | Rejected) -> str:
    assert isinstance(found, Rejected), found
    assert found.reason in ROW_CODES
    return found.reason


def test_headers_of_three_languages_are_understood() -> None:
    czech = ["E-mail", "Jméno", "Příjmení", "Telefon", "PSČ", "Souhlas", "Datum souhlasu", "Odhlášen", "Věrnostní body"]
    assert [column.target for column in columns.guess(czech, [])] == [
        "email", "field:first_name", "field:last_name", "field:phone", "field:postcode", "consent", "consent_at",
        "unsubscribed", "ignore",
    ]  # fmt: skip
    german = ["E-Mail-Adresse", "Vorname", "Nachname", "Handy", "Einwilligung", "Abgemeldet am"]
    assert [column.target for column in columns.guess(german, [])][:3] == [
        "email",
        "field:first_name",
        "field:last_name",
    ]
    english = ["EMAIL", "First Name", "Surname", "Opt-in date", "Country code"]
    assert [column.target for column in columns.guess(english, [])] == [
        "email", "field:first_name", "field:last_name", "consent_at", "field:country",
    ]  # fmt: skip


def test_a_column_of_addresses_is_found_without_a_header() -> None:
    found = columns.guess(["", "x"], [["Jana", "jana@example.com"], ["Petr", "petr@example.com"], ["", "oops"]])
    assert [column.target for column in found] == ["ignore", "email"]


def test_the_controllers_own_fields_are_found_by_key_and_label() -> None:
    assert columns.guess(["email", "ORDERS"], [], [ORDERS])[1].target == "field:orders"


@pytest.mark.req("CAT-4")
@pytest.mark.parametrize("header", ["Zdravotní stav", "Diagnóza", "Religion", "Gewerkschaft", "Náboženství", "Alergie"])
def test_a_column_that_sounds_like_a_special_category_is_left_out(header: str) -> None:
    column = columns.guess(["email", header], [])[1]
    assert column.special and column.target == "ignore"


def test_a_mapping_without_an_address_or_with_a_target_twice_is_refused() -> None:
    for targets, code in (
        (["ignore"], "file_without_email"),
        (["email", "field:city", "field:city"], "file_columns_twice"),
        (["email", "field:nothing"], "file_field_unknown"),
        (["email", "dream"], "file_field_unknown"),
    ):
        with pytest.raises(FileProblem) as raised:
            columns.check(targets, FIELDS)
        assert raised.value.code == code
    columns.check(["email", "ignore", "ignore", "consent", "field:orders"], FIELDS)


@pytest.mark.req("CAT-4")
def test_special_categories_are_refused_unless_expressly_agreed() -> None:
    health = FieldSpec("diet", "Diet", FieldType.TEXT, Category.SPECIAL, sealed=True)
    assert fields.declare(health) == "field_special_category"
    assert fields.declare(health, agreed=["special"]) == ""


@pytest.mark.req("CAT-3")
@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (FieldSpec("nick", "Nick", FieldType.TEXT, Category.CONTACT, sealed=False), "field_identifying_in_clear"),
        (FieldSpec("Nick", "Nick", FieldType.TEXT, Category.CONTACT, sealed=True), "field_key"),
        (FieldSpec("email", "E-mail", FieldType.TEXT, Category.CONTACT, sealed=True), "field_key"),
        (FieldSpec("size", "", FieldType.TEXT, Category.PREFERENCE, sealed=False), "field_label"),
        (FieldSpec("size", "Size", FieldType.CHOICE, Category.PREFERENCE, sealed=False), "field_choices"),
        (FieldSpec("size", "Size", FieldType.CHOICE, Category.PREFERENCE, sealed=False, choices=("S", "M")), ""),
        (ORDERS, ""),
    ],
)
def test_a_field_declares_its_category_and_identifying_ones_are_sealed(spec: FieldSpec, code: str) -> None:
    assert fields.declare(spec) == code


@pytest.mark.parametrize(
    ("text", "number"),
    [("1 234,50", "1234.5"), ("1,234.50", "1234.5"), ("1.234.567", "1234567"), ("12\u00a0000 Kč", "12000"), ("-0", "0"),
     ("007", "7"), ("3,", "3"), ("€ 5", "5"), ("12 %", "12")],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, number: str) -> None:
    assert fields.read_number(text) == number


@pytest.mark.parametrize("text", ["", "x", "1e9", "1-2", "٣", "1" * 19, "--1", "nan"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused):
        fields.read_number(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-02-29", "2024-02-29"), ("29.2.2024", "2024-02-29"), ("29. 2. 2024 14:05", "2024-02-29"),
     ("03/04/2024", "2024-04-03"), ("2024/3/4", "2024-03-04"), ("2024-03-04T10:00:00Z", "2024-03-04")],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(text: str, day: str) -> None:
    assert fields.read_date(text) == day


def test_american_dates_are_read_when_the_file_is_american() -> None:
    assert fields.read_date("03/04/2024", month_first=True) == "2024-03-04"


@pytest.mark.parametrize("text", ["30.2.2024", "00.00.0000", "yesterday", "2024-13-01", "20240229", "1.1.24"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused):
        fields.read_date(text)


def test_choices_match_but_for_case_and_accents() -> None:
    assert fields.read_choice("kolac", ["Chléb", "Koláč"]) == "Koláč"
    with pytest.raises(ValueRefused):
        fields.read_choice("torte", ["Chléb"])


def test_a_line_break_in_a_name_becomes_a_blank() -> None:
    row = taken(
        reader("email", "first_name", basis=Basis.CONSENT).read(2, ["a@example.com", "Jan\r\nBcc: x@example.com"])
    )
    assert row.identity["first_name"] == "Jan  Bcc: x@example.com"


@pytest.mark.req("AUDI-2")
def test_a_consent_has_its_moment_source_and_words() -> None:
    read = reader("email", "consent", "consent_at", "consent_source", "consent_words").read
    row = taken(read(7, ["Jana@Example.com", "ano", "3. 5. 2024 14:00", "e-shop", "Chci novinky"]))
    assert (row.basis, row.source, row.words) == (Basis.CONSENT, "e-shop", "Chci novinky")
    assert row.consent_at == datetime(2024, 5, 3, 12, 0, tzinfo=UTC)
    assert row.email.lookup == "jana@example.com" and row.line == 7


@pytest.mark.req("AUDI-2")
@pytest.mark.parametrize(
    ("consent", "at", "customer", "expected"),
    [
        ("", "", "", "basis_missing"),
        ("", "", "ne", "basis_missing"),
        ("ne", "1.1.2024", "ano", "consent_refused"),
        ("ano", "", "ano", "consent_undated"),
        ("ano", "31.02.2021", "", "consent_undated"),
        ("ano", "1.1.2031", "", "consent_in_future"),
        ("možná", "1.1.2024", "", "consent_unclear"),
    ],
)
def test_a_row_without_a_lawful_basis_is_rejected(consent: str, at: str, customer: str, expected: str) -> None:
    read = reader("email", "consent", "consent_at", "customer").read
    found = read(2, ["a@example.com", consent, at, customer])
    assert reason(found) == expected
    assert isinstance(found, Rejected) and found.email is not None


def test_an_existing_customer_who_did_not_refuse_has_a_basis() -> None:
    read = reader("email", "consent", "consent_at", "customer").read
    assert taken(read(2, ["a@example.com", "", "", "ano"])).basis is Basis.EXISTING_CUSTOMER


def test_a_date_in_the_consent_column_is_a_consent_of_that_date() -> None:
    row = taken(reader("email", "consent").read(2, ["a@example.com", "2024-01-05 10:00"]))
    assert row.consent_at == datetime(2024, 1, 5, 9, 0, tzinfo=UTC)


def test_what_the_member_declares_holds_for_a_file_without_such_columns() -> None:
    declared = datetime(2023, 1, 1, tzinfo=UTC)
    row = taken(reader("email", basis=Basis.CONSENT, consent_at=declared).read(2, ["a@example.com"]))
    assert (row.basis, row.consent_at) == (Basis.CONSENT, declared)
    assert reason(reader("email").read(2, ["a@example.com"])) == "basis_missing"
    kept = taken(reader("email", keep_without_basis=True).read(2, ["a@example.com"]))
    assert kept.basis is Basis.NONE


@pytest.mark.req("AUDI-4")
@pytest.mark.parametrize(
    ("text", "leaving"), [("ano", True), ("1", True), ("4.5.2024", True), ("ne", False), ("", False)]
)
def test_who_unsubscribed_in_the_file_is_leaving(text: str, leaving: bool) -> None:
    read = reader("email", "consent", "consent_at", "unsubscribed").read
    assert taken(read(2, ["a@example.com", "ano", "1.1.2024", text])).leaving is leaving


def test_an_unclear_unsubscription_is_no_permission() -> None:
    read = reader("email", "unsubscribed", basis=Basis.CONSENT).read
    assert reason(read(2, ["a@example.com", "snad"])) == "unsubscribed_unclear"


def test_a_value_that_does_not_fit_is_left_out_and_remarked() -> None:
    read = reader("email", "phone", "birth_date", "orders", basis=Basis.CONSENT).read
    row = taken(read(2, ["a@example.com", "neuvedeno", "00.00.0000", "few"]))
    assert sorted(row.remarks) == ["date_invalid", "number_invalid", "telephone_invalid"]
    assert set(row.remarks) <= set(REMARK_CODES)
    assert row.identity == {"email": "a@example.com"} and row.clear == {} and row.phone == ""


def test_sealed_and_clear_fields_are_kept_apart() -> None:
    read = reader("email", "country", "phone", "city", "orders", basis=Basis.CONSENT).read
    row = taken(read(2, ["A@example.com", "Slovensko", "0905 123 456", "'=Košice", "3"]))
    assert row.identity == {"email": "A@example.com", "country": "SK", "phone": "+421905123456", "city": "=Košice"}
    assert row.clear == {"orders": "3"}
    assert row.phone == "+421905123456"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["a@example.com", "b", "c"], "row_too_many_cells"),
        (["a@example.com", "\udc8eofie"], "row_unreadable"),
        (["a@example.com", "a\x00b"], "row_unreadable"),
        (["nobody", "x"], "address_without_at"),
        ([""], "address_missing"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected(cells: list[str], code: str) -> None:
    assert reason(reader("email", "first_name", basis=Basis.CONSENT).read(2, cells)) == code


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["ano", "ne", "1.1.2024", "a@example.com", "+420601123456"]), max_size=11
    )
)
def test_any_cells_give_a_row_or_a_known_reason(cells: list[str]) -> None:
    read = reader(
        "email",
        "consent",
        "consent_at",
        "customer",
        "unsubscribed",
        "phone",
        "country",
        "language",
        "orders",
        "birth_date",
    ).read
    found = read(2, cells)
    assert isinstance(found, Row) or found.reason in ROW_CODES
    if isinstance(found, Row):
        kept = "".join(str(value) for value in found.identity.values())
        assert not {category(one) for one in kept} & {"Cc", "Zl", "Zp"}


def test_a_control_character_alone_is_no_country() -> None:
    found = reader("email", "customer", "country").read(2, ["a@example.com", "ANO", "\x80"])
    assert isinstance(found, Row) and "country" not in found.identity


def test_facets_are_derived_from_what_is_sealed() -> None:
    identity = {"country": "CZ", "language": "cs-CZ", "birth_date": "1980-02-29", "region": "Jihomoravský kraj"}
    assert facets.derive("gmail.com", identity) == ("gmail.com", "Gmail", "cs", "CZ", "Jihomoravský kraj", "02-29")
    assert facets.derive("bakery.example", {}) == ("bakery.example", "", "", "", "", "")


@pytest.mark.req("AUDI-4")
def test_only_the_person_lifts_what_the_person_asked_for() -> None:
    assert not may_lift(Reason.OBJECTION, by_the_person=False)
    assert may_lift(Reason.OBJECTION, by_the_person=True)
    assert may_lift(Reason.HARD_BOUNCE, by_the_person=False)


@pytest.mark.parametrize(
    ("label", "key"), [("Věrnostní body", "vernostni_body"), ("2. jméno", "f_2_jmeno"), ("???", "")]
)
def test_a_header_gives_a_key_for_merge_tags(label: str, key: str) -> None:
    assert fields.key_of(label) == key

"""The audience as a marketer meets it: an import from the file to the report, a person's page, lists, fields."""

from pathlib import Path
from uuid import UUID

import pytest

from mandata.audience import services
from mandata.audience.rules.bases import Reason
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered

pytestmark = pytest.mark.browser
EXAMPLE = Path(__file__).parents[2] / "examples" / "subscribers.csv"
ADDRESS = "jana.novakova@reader.example"


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The first rows of the example, as a shop would export them."""
    part = tmp_path / "customers-2025.csv"
    part.write_bytes(b"".join(EXAMPLE.read_bytes().splitlines(keepends=True)[:400]))
    return part


def listed(house: House) -> UUID:
    with scope(house.id):
        made = services.create_list(
            name="Newsletter",
            description="What we bake next week, each Friday.",
            actor=house.owner.actor,
            at=now(),
        )
        services.create_field(
            key="orders", label="Orders", kind="number", category="activity", sealed=False,
            actor=house.owner.actor, at=now(),
        )  # fmt: skip
    return made


def peopled(house: House, list_id: UUID) -> UUID:
    names = [("petr", "Petr"), ("eva", "Eva"), ("ota", "Ota"), ("iva", "Iva"), ("jan", "Jan")]
    with scope(house.id):
        for name, first in names:
            services.subscribe(
                list_id=list_id, email=f"{name}@reader.example", source="till", values={"first_name": first,
                "country": "CZ", "language": "cs"}, actor=house.owner.actor, at=now(),
            )  # fmt: skip
        services.suppress(email="eva@reader.example", reason=Reason.HARD_BOUNCE, actor=house.owner.actor, at=now())
        jana = services.subscribe(
            list_id=list_id, email=ADDRESS, source="paper form at the counter", consent_words="Yes please",
            values={"first_name": "Jana", "last_name": "Nováková", "phone": "+420601234567", "country": "CZ",
            "orders": "12"}, actor=house.owner.actor, at=now(),
        )  # fmt: skip
    return jana


@pytest.mark.req("AUDI-1", "AUDI-2")
def test_a_file_goes_from_upload_to_report(house: House, visitor: Visitor, file: Path) -> None:
    listed(house)
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/audience/imports/")
    visitor.look("audience_imports_empty")
    visitor.press("Import a file")
    visitor.look("audience_upload")
    visitor.page.locator("#id_file").set_input_files(file)
    visitor.press("Upload and look at it")
    visitor.page.get_by_text("The first rows as they would be taken").wait_for()
    visitor.look("audience_mapping")
    visitor.page.get_by_label("Město", exact=False).first.select_option("ignore")
    visitor.page.get_by_text("4 left out").or_(visitor.page.get_by_text("5 left out")).first.wait_for()
    visitor.page.locator("#id_source").fill("orders of the e-shop")
    visitor.press("Dry run")
    visitor.page.get_by_text("The agreement wants your word for it.").wait_for()
    assert visitor.page.locator("#id_source").input_value() == "orders of the e-shop"
    visitor.look("audience_mapping_missing")
    visitor.page.locator("#id_warranted").check()
    visitor.press("Dry run")
    visitor.page.get_by_text("Dry run: nothing is written").wait_for()
    visitor.look("audience_running")
    _work(house, visitor)
    visitor.page.get_by_role("button", name="Import for real").wait_for()
    visitor.look("audience_dry_report")
    visitor.press("Import for real")
    visitor.page.get_by_text("Bringing people in").wait_for()
    _work(house, visitor)
    visitor.page.get_by_role("link", name="See the subscribers").wait_for()
    visitor.look("audience_report")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Download them as CSV").click()
    assert download.value.suggested_filename.endswith("not-taken.csv")
    visitor.press("See the subscribers")
    visitor.look("audience_subscribers_many")


def _work(house: House, visitor: Visitor) -> None:
    import_id = UUID(visitor.page.url.split("/")[5])
    while services.run_slice(controller_id=house.id, import_id=import_id):
        pass


def test_a_file_that_is_none_is_refused_where_it_was_chosen(house: House, visitor: Visitor, tmp_path: Path) -> None:
    listed(house)
    book = tmp_path / "book.csv"
    book.write_bytes(b"PK\x03\x04" + bytes(5_000))
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/audience/imports/new/")
    visitor.page.locator("#id_file").set_input_files(book)
    visitor.press("Upload and look at it")
    visitor.page.get_by_text("This is an Excel workbook").wait_for()
    visitor.look("audience_upload_refused")


def test_people_are_found_shown_and_looked_after(house: House, visitor: Visitor) -> None:
    jana = peopled(house, listed(house))
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/audience/")
    visitor.look("audience_subscribers")
    assert visitor.page.get_by_text(ADDRESS).count() == 0
    visitor.press("Show who they are")
    visitor.page.get_by_text(ADDRESS).wait_for()
    visitor.page.keyboard.press("/")
    visitor.page.keyboard.type("nikdo@reader.example")
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_text("Nobody found").wait_for()
    visitor.look("audience_nobody")
    visitor.page.get_by_role("searchbox").fill(ADDRESS)
    visitor.press("Find")
    visitor.page.get_by_text("1 found").wait_for()
    assert ADDRESS not in visitor.page.url
    visitor.open("/audience/")
    visitor.page.locator("summary", has_text="List").click()
    visitor.page.get_by_role("link", name="Newsletter").click()
    visitor.page.get_by_text("State and lawful basis").wait_for()
    visitor.look("audience_filtered")
    visitor.open(f"/audience/people/{jana}/")
    visitor.look("audience_person")
    visitor.press("Show who it is")
    visitor.page.get_by_text("Nováková").wait_for()
    visitor.page.get_by_text("Correct (Art. 16 GDPR)").click()
    visitor.look("audience_person_shown")
    visitor.page.locator("#correct-phone").fill("abc")
    visitor.press("Save the correction")
    visitor.page.get_by_text("Not a telephone number").first.wait_for()
    visitor.look("audience_correct_refused")
    visitor.open(f"/audience/people/{jana}/")
    visitor.press("Unsubscribe from all")
    visitor.look("audience_leave_dialog")
    visitor.page.get_by_role("button", name="Unsubscribe", exact=True).last.click()
    visitor.page.get_by_text("Left Newsletter").wait_for()
    visitor.press("Open a request")
    visitor.look("audience_request_dialog")
    visitor.press("Open it")
    visitor.page.get_by_role("heading", name="Request 1").wait_for()


def test_lists_fields_and_their_forms_can_be_read_by_everybody(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    for name, path in (("empty", ""), ("lists_empty", "lists/"), ("fields_empty", "fields/"), ("add_first", "add/")):
        visitor.open(f"/audience/{path}")
        visitor.look(f"audience_{name}")
    list_id = listed(house)
    peopled(house, list_id)
    for name, path in (
        ("lists", "lists/"),
        ("list_new", "lists/new/"),
        ("list", f"lists/{list_id}/"),
        ("fields", "fields/"),
        ("field_new", "fields/new/"),
        ("add", "add/"),
    ):
        visitor.open(f"/audience/{path}")
        visitor.look(f"audience_{name}")


def test_a_field_of_a_special_category_teaches_why_it_is_refused(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/audience/fields/new/")
    visitor.page.locator("#id_label").fill("Faith")
    visitor.page.locator("#id_key").fill("faith")
    visitor.page.locator("#id_category").select_option("special")
    visitor.press("Declare")
    visitor.page.get_by_text("What mends it").wait_for()
    visitor.look("audience_field_refused")


def test_a_list_is_exported_after_a_look_at_what_that_means(house: House, visitor: Visitor) -> None:
    list_id = listed(house)
    peopled(house, list_id)
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open(f"/audience/lists/{list_id}/")
    visitor.press("Export")
    visitor.look("audience_export_dialog")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Export", exact=True).last.click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert ADDRESS in text


@pytest.mark.req("SEC-5", "AUDI-4")
def test_people_are_searched_sorted_and_grouped_although_they_lie_sealed(house: House, visitor: Visitor) -> None:
    list_id = listed(house)
    peopled(house, list_id)
    with scope(house.id):
        for number in range(60):
            services.subscribe(
                list_id=list_id, email=f"n{number}@{('mail', 'post', 'reader')[number % 3]}.example", source="till",
                values={"first_name": "Anna", "last_name": f"Nová{number}", "country": ("CZ", "SK", "AT")[number % 3],
                "language": ("cs", "sk", "de")[number % 3], "birth_date": f"1990-{number % 12 + 1:02}-11",
                "region": ("Jihomoravský kraj", "Praha")[number % 2]},
                actor=house.owner.actor, at=now(),
            )  # fmt: skip
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/audience/")
    visitor.look("audience_search_all_filters")
    visitor.page.get_by_role("searchbox").fill("anna")
    visitor.press("Find")
    visitor.page.get_by_text("50 found").wait_for()
    assert visitor.page.get_by_role("searchbox").input_value() == "anna"
    visitor.look("audience_search_words")
    visitor.press("Next page")
    visitor.page.get_by_text("10 found").wait_for()
    visitor.page.get_by_role("searchbox").fill("novako")
    visitor.press("Find")
    visitor.page.get_by_text("1 found").wait_for()
    assert "nov" not in visitor.page.url
    visitor.open("/audience/")
    visitor.page.locator("summary", has_text="Order").click()
    visitor.picture("audience_order_menu")
    visitor.page.get_by_role("link", name="Surname and first name, A to Z").click()
    visitor.page.get_by_role("heading", name="Surname and first name, A to Z").wait_for()
    visitor.look("audience_sorted")
    visitor.press("Groups")
    visitor.page.get_by_role("heading", name="65 people").or_(
        visitor.page.get_by_role("heading", name="66 people")
    ).wait_for()
    visitor.look("audience_groups")
    visitor.page.get_by_role("link", name="Birthday", exact=True).click()
    visitor.look("audience_groups_months")
    visitor.page.get_by_role("link", name="April", exact=True).first.click()
    visitor.page.get_by_text("Birthday: April").or_(visitor.page.locator(".m-chip", has_text="April")).first.wait_for()
    visitor.look("audience_of_a_month")

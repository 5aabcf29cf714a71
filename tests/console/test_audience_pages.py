"""The audience's pages: who may, what is sealed, what is refused and how, what the record keeps."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from mandata.accounts.selectors import user
from mandata.audience import selectors, services
from mandata.audience.rules.bases import Reason
from mandata.audience.services import reindexing
from mandata.campaigns.services.drafts import create
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from tests.world import World
from tests.world.people import House, joined, registered

ADDRESS = "jana.novakova@reader.example"
FILE = (
    "E-mail;Jméno;Souhlas;Datum souhlasu;Náboženství\n"
    "eva@mail.example;Eva;ano;1.2.2024;x\n"
    "petr@mail.example;Petr;ano;1.2.2024;\n"
    "eva@mail.example;Eva;ano;1.2.2024;\n"
    "nobody;Nik;ano;1.2.2024;\n"
    "=cmd@;Zlo;ano;1.2.2024;\n"
).encode()


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.fixture
def owner(house: House) -> Client:
    return client(house.owner.user_id)


def client(user_id: UUID) -> Client:
    browser = Client()
    browser.force_login(user(user_id))
    return browser


@pytest.fixture
def list_id(house: House) -> UUID:
    with scope(house.id):
        return services.create_list(name="Newsletter", actor=house.owner.actor, at=now())


@pytest.fixture
def jana(house: House, list_id: UUID) -> UUID:
    with scope(house.id):
        return services.subscribe(
            list_id=list_id,
            email=ADDRESS,
            values={"first_name": "Jana", "phone": "+420 601 234 567"},
            source="paper form",
            consent_words="Yes please",
            actor=house.owner.actor,
            at=now(),
        )


def kinds(house: House) -> list[str]:
    with scope(house.id), connection.cursor() as cursor:
        cursor.execute("select kind from record_entry order by id")
        return [str(row[0]) for row in cursor.fetchall()]


def uploaded(owner: Client, list_id: UUID, data: bytes = FILE, name: str = "shop.csv") -> UUID:
    answer = owner.post("/audience/imports/new/", {"list": str(list_id), "file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()
    return UUID(answer.headers["Location"].split("/")[3])


CHOSEN = {
    "encoding": "utf-8",
    "delimiter": ";",
    "header": "on",
    "zone": "Europe/Prague",
    "country": "CZ",
    "source": "orders of the e-shop",
    "basis": "none",
    "update": "fill",
    "warranted": "on",
}
TARGETS = {f"target_{n}": t for n, t in enumerate(("email", "field:first_name", "consent", "consent_at", "ignore"))}


def work(house: House, import_id: UUID) -> None:
    while services.run_slice(controller_id=house.id, import_id=import_id):
        pass


@pytest.mark.req("AUDI-1")
def test_the_list_of_subscribers_is_sealed_until_somebody_shows_it_and_that_is_on_record(
    house: House, owner: Client, jana: UUID, list_id: UUID
) -> None:
    page = owner.get("/audience/", {"list": str(list_id)}).content.decode()
    assert ADDRESS not in page
    assert "Jana" not in page
    assert "audience.identities_shown" not in kinds(house)
    shown = owner.post("/audience/show/", {"list": str(list_id)}, headers={"HX-Request": "true"}).content.decode()
    assert ADDRESS in shown
    assert "<html" not in shown
    assert kinds(house).count("audience.identities_shown") == 1


@pytest.mark.parametrize("asked", [ADDRESS.upper(), "+420601234567", "601 234 567", "jana"])
def test_a_person_is_found_by_address_telephone_or_name_without_either_standing_in_an_address(
    owner: Client, jana: UUID, asked: str
) -> None:
    answer = owner.post("/audience/find/", {"q": asked})
    assert f"/audience/people/{jana}/" in answer.content.decode()
    assert 'name="q" value=""' in owner.get("/audience/", {"q": asked}).content.decode(), "by an address it is not read"
    assert owner.get("/audience/find/").headers["Location"] == "/audience/"


@pytest.mark.req("SEC-5")
def test_pages_of_a_search_follow_each_other_by_post_and_the_words_stand_in_no_address(
    house: House, owner: Client, list_id: UUID
) -> None:
    with scope(house.id):
        for number in range(60):
            services.subscribe(
                list_id=list_id, email=f"p{number}@reader.example", values={"last_name": "Nová"}, source="form",
                actor=house.owner.actor, at=now(),
            )  # fmt: skip
    first = owner.post("/audience/find/", {"q": "nová", "list": str(list_id)})
    assert first.context["found"].how == "words" and len(first.context["rows"]) == 50
    behind = dict(first.context["behind"].hidden)
    second = owner.post("/audience/find/", behind)
    assert len(second.context["rows"]) == 10 and second.context["behind"] is None
    for answer, count in ((first, 50), (second, 10)):
        assert "nov%C3%A1" not in answer.content.decode()
        assert f"{count} found on this page" in answer.content.decode(), "a page is not taken for everybody"
    within = owner.post("/audience/find/", {"q": "ov", "part": "1"})
    assert within.context["found"].how == "part" and within.context["behind"].part == "1"


def test_the_list_is_sorted_and_its_pages_follow(house: House, owner: Client, jana: UUID, list_id: UUID) -> None:
    with scope(house.id):
        for number in range(55):
            services.subscribe(
                list_id=list_id, email=f"a{number:02}@reader.example", source="form", actor=house.owner.actor, at=now()
            )
    first = owner.get("/audience/", {"sort": "-email"})
    assert first.context["rows"][0]["one"].id == jana
    second = owner.get(first.context["older"])
    assert len(second.context["rows"]) == 6
    assert second.context["first"] == "/audience/?sort=-email"
    assert owner.get("/audience/", {"sort": "orders; drop"}).context["filters"].sort == ""
    shown = owner.post("/audience/show/", {"sort": "-email"}, headers={"HX-Request": "true"}).content.decode()
    assert shown.index(ADDRESS) < shown.index("a54@reader.example") < shown.index("a10@reader.example")


@pytest.mark.req("SEC-5")
def test_what_would_unseal_too_many_people_is_refused_with_what_to_do_instead(
    owner: Client, jana: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mandata.audience.selectors.sealed.LIMIT", 0)
    answer = owner.post("/audience/find/", {"q": "ovak"})
    assert answer.status_code == 422 and "Narrow the people down" in answer.content.decode()
    assert 'value="ovak"' in answer.content.decode(), "what was typed is kept"
    answer = owner.get("/audience/", {"sort": "name"})
    assert answer.status_code == 422 and f"/audience/people/{jana}/" in answer.content.decode()


@pytest.mark.req("AUDI-4")
def test_people_are_grouped_and_each_group_leads_to_its_people(owner: Client, jana: UUID, list_id: UUID) -> None:
    page = owner.get("/audience/groups/", {"list": str(list_id), "by": "mail_domain"})
    (bar,) = page.context["bars"]
    assert (bar["label"], bar["value"]) == ("reader.example", 1)
    assert [row["one"].id for row in owner.get(bar["url"]).context["rows"]] == [jana]
    assert owner.get("/audience/groups/", {"by": "identity"}).context["by"] == "provider"
    months = owner.get("/audience/groups/", {"by": "birthday", "start": "x"})
    assert months.context["found"].unknown == 1
    answer = owner.get("/audience/groups.csv", {"by": "mail_domain"})
    assert b'"reader.example","1"' in answer.getvalue()


def test_while_look_ups_are_made_the_page_says_who_may_not_be_found(house: House, owner: Client, jana: UUID) -> None:
    with scope(house.id):
        reindexing.reindex(at=now())
    page = owner.post("/audience/find/", {"q": "nobody"}).content.decode()
    assert "Look-ups by name and number are being made" in page


def test_who_is_not_there_is_told_so(owner: Client, jana: UUID) -> None:
    assert "Nobody found" in owner.post("/audience/find/", {"q": "petr@reader.example"}).content.decode()


def test_filters_narrow_and_nonsense_in_them_is_left_out(owner: Client, jana: UUID, list_id: UUID) -> None:
    page = owner.get("/audience/", {"list": str(list_id), "state": "unsubscribed"}).content.decode()
    assert "Nobody here" in page
    assert owner.get("/audience/", {"list": "x", "state": "y", "after": "z"}).status_code == 200


@pytest.mark.req("AUDI-2")
def test_a_persons_page_tells_basis_evidence_and_timeline_and_keeps_the_identity_sealed(
    house: House, owner: Client, jana: UUID
) -> None:
    page = owner.get(f"/audience/people/{jana}/").content.decode()
    assert "paper form" in page
    assert "Consent" in page
    assert "Came on Newsletter" in page
    assert ADDRESS not in page
    shown = owner.post(f"/audience/people/{jana}/identity/", headers={"HX-Request": "true"}).content.decode()
    assert ADDRESS in shown
    assert "Jana" in shown
    assert "audience.identities_shown" in kinds(house)


def test_a_persons_timeline_tells_what_was_sent(house: House, owner: Client, jana: UUID) -> None:
    columns = {"campaign_id": "uuid", "subscriber_id": "uuid", "number": "bigint", "state": "text"}
    with scope(house.id):
        campaign = create(name="Autumn bread", actor=house.owner.actor, at=now())
        row = (campaign, jana, 1, "sent", now())
        bulk.insert("delivery_message", columns | {"sent_at": "timestamptz"}, [row])
    assert "<strong>Sent: Autumn bread</strong>" in owner.get(f"/audience/people/{jana}/").content.decode()


def test_a_correction_that_does_not_fit_keeps_what_was_typed(owner: Client, house: House, jana: UUID) -> None:
    answer = owner.post(f"/audience/people/{jana}/correct/", {"email": ADDRESS, "first_name": "Hana", "phone": "abc"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Hana"' in page
    assert "Not a telephone number" in page
    owner.post(f"/audience/people/{jana}/correct/", {"email": ADDRESS, "first_name": "Hana"})
    with scope(house.id):
        person = selectors.person(jana)
    assert (person.identity["first_name"], person.identity["phone"]) == ("Hana", "+420601234567")


@pytest.mark.req("DSR-9")
def test_leaving_restricting_and_a_request_are_done_from_the_persons_page(
    house: House, owner: Client, jana: UUID, list_id: UUID
) -> None:
    owner.post(f"/audience/people/{jana}/unsubscribe/", {"list": str(list_id), "reason": "unsubscribed"})
    owner.post(f"/audience/people/{jana}/restrict/")
    with scope(house.id):
        person = selectors.person(jana)
    assert person.places[0].state == "unsubscribed"
    assert person.restricted_at is not None
    again = owner.post(
        f"/audience/people/{jana}/subscribe/", {"list": str(list_id), "basis": "consent", "source": "x", "words": ""}
    )
    assert again.status_code == 409
    assert "Art. 21(3) GDPR" in again.content.decode()
    asked = owner.post(f"/audience/people/{jana}/request/", {"kind": "erasure", "channel": "post"})
    assert asked.headers["Location"].startswith("/privacy/requests/")
    assert "Erasure" in owner.get(f"/audience/people/{jana}/").content.decode()


@pytest.mark.req("AUDI-2")
def test_a_person_is_added_with_evidence_and_an_invalid_address_keeps_what_was_typed(
    owner: Client, list_id: UUID
) -> None:
    typed = {"email": "no address", "list": str(list_id), "basis": "consent", "source": "counter", "words": ""}
    answer = owner.post("/audience/add/", typed)
    assert answer.status_code == 422
    assert 'value="counter"' in answer.content.decode()
    done = owner.post("/audience/add/", {**typed, "email": "new@reader.example"})
    assert done.headers["Location"].startswith("/audience/people/")


@pytest.mark.req("CAT-4")
def test_a_field_of_a_special_category_is_refused_with_its_clause_and_the_form_kept(owner: Client) -> None:
    typed = {"label": "Faith", "key": "faith", "kind": "text", "category": "special", "keeping": "sealed"}
    answer = owner.post("/audience/fields/new/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Special categories" in page
    assert "Special categories and convictions (Art. 9 and 10 GDPR)" in page
    assert 'value="faith"' in page
    owner.post("/audience/fields/new/", {**typed, "label": "Orders", "key": "orders", "category": "activity"})
    assert "orders" in owner.get("/audience/fields/").content.decode()


def test_lists_are_made_renamed_and_counted(owner: Client, jana: UUID, list_id: UUID) -> None:
    made = owner.post("/audience/lists/new/", {"name": "Offers", "description": ""})
    assert owner.get(made.headers["Location"]).status_code == 200
    assert owner.post("/audience/lists/new/", {"name": ""}).status_code == 422
    owner.post(f"/audience/lists/{list_id}/", {"name": "News", "description": "Each Friday"})
    page = owner.get(f"/audience/lists/{list_id}/").content.decode()
    assert "Each Friday" in page
    assert "Who stands on it" in page


@pytest.mark.req("RET-3")
def test_an_export_streams_the_list_and_is_on_record(house: House, owner: Client, jana: UUID, list_id: UUID) -> None:
    assert owner.get(f"/audience/lists/{list_id}/export.csv").status_code == 405
    answer = owner.post(f"/audience/lists/{list_id}/export.csv")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert body.splitlines()[1].startswith(f'"{ADDRESS}"')
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "audience.exported" in kinds(house)


@pytest.mark.req("AUDI-1", "AGR-6")
def test_a_file_is_mapped_run_dry_run_for_real_and_reported(house: House, owner: Client, list_id: UUID) -> None:
    import_id = uploaded(owner, list_id)
    page = owner.get(f"/audience/imports/{import_id}/mapping/").content.decode()
    assert "special category" in page, "a column that looks like one is left out, and that is said"
    missing = owner.post(f"/audience/imports/{import_id}/mapping/", {**CHOSEN, **TARGETS, "warranted": ""})
    assert missing.status_code == 422
    assert "orders of the e-shop" in missing.content.decode()
    dry = owner.post(f"/audience/imports/{import_id}/mapping/", {**CHOSEN, **TARGETS, "act": "dry"})
    assert dry.status_code == 302, dry.content.decode()
    bar = owner.get(f"/audience/imports/{import_id}/progress/", headers={"HX-Request": "true"})
    assert "Dry run: nothing is written" in bar.content.decode()
    work(house, import_id)
    assert owner.get(f"/audience/imports/{import_id}/progress/").headers["HX-Refresh"] == "true"
    report = owner.get(f"/audience/imports/{import_id}/").content.decode()
    assert "Import for real" in report
    with scope(house.id):
        assert selectors.find_by_email("eva@mail.example") is None
    owner.post(f"/audience/imports/{import_id}/start/", {"act": "run"})
    work(house, import_id)
    report = owner.get(f"/audience/imports/{import_id}/").content.decode()
    assert "The address stands in this file already" in report
    with scope(house.id):
        assert selectors.find_by_email("eva@mail.example") is not None


def test_rows_that_were_not_taken_are_downloaded_safely_on_record_and_can_be_destroyed(
    house: House, owner: Client, list_id: UUID
) -> None:
    import_id = uploaded(owner, list_id)
    owner.post(f"/audience/imports/{import_id}/mapping/", {**CHOSEN, **TARGETS, "act": "run"})
    work(house, import_id)
    answer = owner.post(f"/audience/imports/{import_id}/rejected.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0] == '"Line";"Reason"'
    assert len(lines) == 4
    assert not any(cell.startswith('"=') for line in lines for cell in line.split(";"))
    assert "audience.rejections_downloaded" in kinds(house)
    owner.post(f"/audience/imports/{import_id}/empty/")
    page = owner.get(f"/audience/imports/{import_id}/").content.decode()
    assert "The rows themselves are destroyed" in page


def test_the_preview_follows_the_form_and_guesses_anew_when_the_file_is_read_otherwise(
    owner: Client, list_id: UUID
) -> None:
    import_id = uploaded(owner, list_id)
    where = f"/audience/imports/{import_id}/preview/"
    good = owner.post(where, {**CHOSEN, **TARGETS, "read_as": "utf-8 0 header"}).content.decode()
    assert "eva@mail.example" in good
    none = owner.post(where, {**CHOSEN, **TARGETS, "target_0": "ignore", "read_as": "utf-8 0 header"})
    assert "No column holds the e-mail address." in none.content.decode()
    other = owner.post(where, {**CHOSEN, **TARGETS, "delimiter": ",", "read_as": "utf-8 0 header"}).content.decode()
    assert other.count("<select") == 1
    back = owner.post(where, {**CHOSEN, "target_0": "ignore", "read_as": "utf-8 1 header"}).content.decode()
    assert "eva@mail.example" in back


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("book.csv", b"PK\x03\x04" + bytes(400), "This is an Excel workbook"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(400), "its contents are not text"),
        ("white.csv", b"  \n \n", "The file is empty."),
        ("long.csv", b"e-mail;name\n" + b"a" * 5_000_000, "far too long"),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_remedy_and_nothing_is_kept(
    house: House, owner: Client, list_id: UUID, name: str, data: bytes, told: str
) -> None:
    answer = owner.post(
        "/audience/imports/new/", {"list": "new", "name": "Guests", "file": SimpleUploadedFile(name, data)}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert "What mends it" in page
    assert 'value="Guests"' in page
    with scope(house.id):
        assert selectors.imports() == []
        assert len(selectors.lists()) == 1


def test_an_upload_is_taken_as_a_stream_beyond_what_a_form_may_weigh(
    house: House, owner: Client, list_id: UUID
) -> None:
    rows = b"".join(b"person%07d@mail.example;Jan;;;\n" % number for number in range(400_000))
    import_id = uploaded(owner, list_id, b"E-mail;Name;a;b;c\n" + rows)
    with scope(house.id):
        assert selectors.find_import(import_id).size > 10 * 2**20


def test_an_import_that_was_stopped_goes_on_and_one_that_is_done_does_not(
    house: House, owner: Client, list_id: UUID
) -> None:
    import_id = uploaded(owner, list_id)
    owner.post(f"/audience/imports/{import_id}/mapping/", {**CHOSEN, **TARGETS, "act": "run"})
    owner.post(f"/audience/imports/{import_id}/cancel/")
    assert "Let it go on" in owner.get(f"/audience/imports/{import_id}/").content.decode()
    assert owner.post(f"/audience/imports/{import_id}/resume/").status_code == 302
    work(house, import_id)
    assert owner.post(f"/audience/imports/{import_id}/resume/").status_code == 409
    assert owner.post(f"/audience/imports/{import_id}/mapping/", {**CHOSEN, **TARGETS}).status_code == 409


def _visits(jana: UUID, list_id: UUID, import_id: UUID) -> Iterator[tuple[str, str]]:
    yield "get", f"/audience/people/{jana}/"
    yield "post", f"/audience/people/{jana}/identity/"
    yield "post", f"/audience/people/{jana}/restrict/"
    yield "post", f"/audience/people/{jana}/correct/"
    yield "post", f"/audience/people/{jana}/unsubscribe/"
    yield "get", f"/audience/lists/{list_id}/"
    yield "post", f"/audience/lists/{list_id}/export.csv"
    yield "get", f"/audience/imports/{import_id}/"
    yield "get", f"/audience/imports/{import_id}/mapping/"
    yield "post", f"/audience/imports/{import_id}/cancel/"
    yield "post", f"/audience/imports/{import_id}/rejected.csv"


def test_another_controllers_people_lists_and_imports_are_not_there(
    owner: Client, jana: UUID, list_id: UUID, house: House
) -> None:
    import_id = uploaded(owner, list_id)
    stranger = client(registered("Other Bakery").owner.user_id)
    for method, path in _visits(jana, list_id, import_id):
        assert getattr(stranger, method)(path).status_code == 404, path
    with scope(house.id):
        assert selectors.find_import(import_id).state == "uploaded"
    assert stranger.get(f"/audience/people/{new_id()}/").status_code == 404


@pytest.mark.req("PPL-2")
@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("reader", set()),
        ("marketer", {"identity", "correct", "export.csv", "new", "add"}),
        ("privacy_officer", {"identity", "correct", "restrict"}),
    ],
)
def test_roles_decide_who_shows_corrects_restricts_exports_and_imports(
    house: House, jana: UUID, list_id: UUID, role: str, allowed: set[str]
) -> None:
    browser = client(joined(house, role).user_id)
    assert browser.get("/audience/").status_code == 200
    assert browser.get(f"/audience/people/{jana}/").status_code == 200
    tried = {
        "identity": browser.post(f"/audience/people/{jana}/identity/"),
        "correct": browser.post(f"/audience/people/{jana}/correct/"),
        "restrict": browser.post(f"/audience/people/{jana}/restrict/"),
        "export.csv": browser.post(f"/audience/lists/{list_id}/export.csv"),
        "new": browser.get("/audience/imports/new/"),
        "add": browser.get("/audience/add/"),
    }
    assert {name for name, answer in tried.items() if answer.status_code != 403} == allowed


def test_every_empty_place_of_the_audience_starts_the_first_job(owner: Client) -> None:
    for path, first in (
        ("/audience/", "Bring in the first subscribers"),
        ("/audience/lists/", "Make the first list"),
        ("/audience/fields/", "No field of your own yet"),
        ("/audience/imports/", "Import the first file"),
        ("/audience/add/", "Make a list first"),
    ):
        assert first in owner.get(path).content.decode(), path


def test_a_suppressed_person_is_marked_in_the_list(house: House, owner: Client, jana: UUID) -> None:
    with scope(house.id):
        services.suppress(subscriber_id=jana, reason=Reason.HARD_BOUNCE, actor=house.owner.actor, at=now())
    assert "The mailbox does not exist" in owner.get("/audience/").content.decode()

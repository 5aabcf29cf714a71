"""Imports on the real database: every row accounted for, nobody twice, nothing in clear."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection, connections

from mandata.agreements import selectors as agreements
from mandata.agreements.errors import GateRefused
from mandata.agreements.models import Suspension
from mandata.audience import selectors, services
from mandata.audience.errors import FileRefused, NoSuchImport, WrongState
from mandata.audience.rules.bases import Reason
from mandata.audience.services import intake
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.audience.conftest import NOON, Bakery
from tests.world import World

EXAMPLE = Path(__file__).parents[2] / "examples" / "subscribers.csv"
HEADER = "E-mail;Jméno;Telefon;Souhlas;Datum souhlasu;Zdroj souhlasu;Zákazník;Odhlášen\n"


def shop(*rows: str) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def many(count: int, start: int = 0) -> bytes:
    return shop(*(f"person{number}@mail.example;Jan;;ano;1.2.2024;web;;" for number in range(start, start + count)))


def outcomes(done: selectors.ImportRow) -> dict[str, int]:
    return {name: count for name, count in done.counts.items() if not name.startswith("remark.")}


def count(table: str, bakery: Bakery) -> int:
    with scope(bakery.id), connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")
        return int(cursor.fetchone()[0])


def sole(bakery: Bakery, email: str) -> selectors.Person:
    with scope(bakery.id):
        found = selectors.find_by_email(email)
        assert found is not None
        return selectors.person(found)


@pytest.mark.req("AUDI-1", "AUDI-2")
def test_the_example_is_taken_in_with_every_row_accounted_for_and_a_dry_run_tells_the_same(bakery: Bakery) -> None:
    import_id = bakery.prepare(EXAMPLE.read_bytes())
    keys = count("vault_subject_key", bakery)
    tried = bakery.run(import_id, dry_run=True)
    assert (tried.state, tried.rows, tried.dry_run) == ("mapped", 20_000, True)
    assert (count("audience_subscriber", bakery), count("vault_subject_key", bakery)) == (0, keys)
    done = bakery.run(import_id)
    assert done.state == "done"
    assert sum(outcomes(done).values()) == done.rows == 20_000
    assert dict(tried.counts) == dict(done.counts)
    assert count("audience_subscriber", bakery) == done.counts["accepted"] > 16_000
    assert count("audience_rejection", bakery) == done.rejected
    assert count("audience_suppression", bakery) == done.counts["left"]
    assert count("audience_upload_chunk", bakery) == 0
    with scope(bakery.id):
        assert selectors.find_list(bakery.list_id).subscribed == done.counts["accepted"]
        told = selectors.report(import_id)
    assert sum(number for _, _, number in told["taken"] + told["rejected"]) == 20_000


@pytest.mark.req("SEC-1")
def test_no_identity_lies_in_clear(bakery: Bakery) -> None:
    bakery.take_in(
        shop("Jana.Tajna@mail.example;Janička;601123456;ano;1.2.2024;paní Tajná volala;;", "spatne;Ota;;;;;;")
    )
    with scope(bakery.id), connection.cursor() as cursor:
        for table in ("subscriber", "subscription", "rejection", "import", "suppression", "upload_chunk"):
            cursor.execute(f"select t::text from audience_{table} t")
            for (row,) in cursor.fetchall():
                decoded = row.lower()
                for secret in ("tajn", "janička", "601123456", "spatne", "ota;"):
                    assert secret not in decoded
                    assert secret.encode().hex() not in decoded


@pytest.mark.req("AUDI-2")
def test_each_subscriber_has_the_evidence_of_the_lawful_basis(bakery: Bakery) -> None:
    done = bakery.take_in(shop("a@mail.example;;;ano;3. 5. 2024 14:00;prodejna v Brně;;", "b@mail.example;;;;;;ano;"))
    person = sole(bakery, "A@Mail.example")
    (place,) = person.places
    assert (place.state, place.basis) == ("subscribed", "consent")
    assert place.evidence == {"import": str(done.id), "row": 2, "source": "e-shop", "at": "2024-05-03T14:00:00+02:00"}
    assert person.evidence_source == "prodejna v Brně"
    assert sole(bakery, "b@mail.example").places[0].basis == "existing_customer"


def test_the_same_address_in_another_case_is_the_same_person(bakery: Bakery) -> None:
    row = ";Jan;;ano;1.2.2024;;;"
    done = bakery.take_in(shop(f"Jan@Mail.example{row}", f"jan@mail.EXAMPLE{row}", f" mailto:JAN@mail.example{row}"))
    assert outcomes(done) == {"accepted": 1, "rejected.duplicate": 2}
    assert sole(bakery, "jan@mail.example").identity["email"] == "Jan@mail.example"


def test_a_duplicate_is_found_across_batches_too(bakery: Bakery) -> None:
    done = bakery.take_in(many(4_500) + many(4_500).partition(b"\n")[2])
    assert outcomes(done) == {"accepted": 4_500, "rejected.duplicate": 4_500}
    tried = bakery.run(bakery.prepare(many(4_600)), dry_run=True)
    assert outcomes(tried) == {"accepted": 100, "unchanged": 4_500}


def test_a_second_import_changes_nobody_twice(bakery: Bakery) -> None:
    data = shop("a@mail.example;Jana;;ano;1.2.2024;;;", "b@mail.example;Eva;;ano;1.2.2024;;;")
    bakery.take_in(data)
    assert outcomes(bakery.take_in(data)) == {"unchanged": 2}
    assert count("audience_subscriber", bakery) == 2


@pytest.mark.parametrize(
    ("policy", "name", "phone", "outcome"),
    [
        ("keep", "Jana", None, "unchanged"),
        ("fill", "Jana", "+420601123456", "updated"),
        ("overwrite", "Hana", "+420601123456", "updated"),
    ],
)
def test_who_is_here_already_is_updated_as_chosen(
    bakery: Bakery, policy: str, name: str, phone: str | None, outcome: str
) -> None:
    bakery.take_in(shop("Jana@mail.example;Jana;;ano;1.2.2024;;;"))
    done = bakery.take_in(shop("JANA@mail.example;Hana;601 123 456;ano;1.3.2024;;;"), update=policy)
    assert outcomes(done) == {outcome: 1}
    person = sole(bakery, "jana@mail.example")
    assert (person.identity["first_name"], person.identity.get("phone")) == (name, phone)
    assert person.identity["email"] == "Jana@mail.example"
    assert person.places[0].evidence["at"].startswith("2024-02-01")
    with scope(bakery.id):
        assert selectors.find_by_phone("601123456") == ([person.id] if phone else [])


def test_a_person_from_one_list_joins_another_with_evidence_of_its_own(bakery: Bakery) -> None:
    bakery.take_in(shop("a@mail.example;Jana;;ano;1.2.2024;;;"))
    with scope(bakery.id):
        other = services.create_list(name="Other", actor=bakery.member, at=NOON)
    done = Bakery(bakery.id, bakery.member, other).take_in(shop("a@mail.example;;;ano;5.5.2024;;;"))
    assert outcomes(done) == {"accepted": 1}
    places = sole(bakery, "a@mail.example").places
    assert [place.evidence["at"][:10] for place in places] == ["2024-02-01", "2024-05-05"]


@pytest.mark.req("AUDI-4", "DSR-13")
@pytest.mark.parametrize("reason", list(Reason))
def test_a_suppressed_address_is_not_taken(bakery: Bakery, reason: Reason) -> None:
    with scope(bakery.id):
        services.suppress(email="Gone@mail.example", reason=reason, actor=bakery.member, at=NOON)
    done = bakery.take_in(shop("gone@MAIL.example;;;ano;1.2.2024;;;", "here@mail.example;;;ano;1.2.2024;;;"))
    assert outcomes(done) == {"accepted": 1, f"rejected.suppressed_{reason}": 1}
    with scope(bakery.id):
        assert selectors.find_by_email("gone@mail.example") is None


@pytest.mark.req("AUDI-4")
def test_who_unsubscribed_stays_unsubscribed_whatever_a_file_says(bakery: Bakery) -> None:
    bakery.take_in(many(3))
    with scope(bakery.id):
        person = selectors.find_by_email("person1@mail.example")
        assert person
        services.unsubscribe(subscriber_id=person, actor=Actor("subject", person), at=NOON)
    done = bakery.take_in(many(3), update="overwrite")
    assert outcomes(done) == {"unchanged": 2, "rejected.suppressed_unsubscribed": 1}
    assert sole(bakery, "person1@mail.example").places[0].state == "unsubscribed"


@pytest.mark.req("AUDI-4", "DSR-9")
def test_the_column_of_those_who_left_is_honoured_for_new_and_known_people(bakery: Bakery) -> None:
    bakery.take_in(shop("a@mail.example;Jana;;ano;1.2.2024;;;"))
    done = bakery.take_in(
        shop(
            "a@mail.example;;;ano;1.2.2024;;;4.5.2024",
            "new@mail.example;;;ano;1.2.2024;;;ano",
            "twice@mail.example;;;ano;1.2.2024;;;",
            "Twice@mail.example;;;ano;1.2.2024;;;1",
        )
    )
    assert outcomes(done) == {"left": 3, "rejected.suppressed_unsubscribed": 1}
    person = sole(bakery, "a@mail.example")
    assert (person.places[0].state, person.places[0].ended_by) == ("unsubscribed", "import")
    with scope(bakery.id):
        for email in ("a@mail.example", "new@mail.example", "twice@mail.example"):
            assert services.is_suppressed(email=email, at=NOON) == "unsubscribed"
        assert selectors.find_by_email("new@mail.example") is None


def test_who_leaves_in_a_later_batch_leaves(bakery: Bakery) -> None:
    done = bakery.take_in(
        many(4_000) + b"person7@mail.example;;;ano;1.2.2024;;;ano\n" + many(10, 9_000).partition(b"\n")[2]
    )
    assert outcomes(done) == {"accepted": 4_010, "left": 1}
    assert sole(bakery, "person7@mail.example").places[0].state == "unsubscribed"


@pytest.mark.req("DSR-4..8")
def test_restricted_data_is_left_alone(bakery: Bakery) -> None:
    bakery.take_in(shop("a@mail.example;Jana;;ano;1.2.2024;;;"))
    person = sole(bakery, "a@mail.example")
    with scope(bakery.id):
        services.restrict(subscriber_id=person.id, actor=bakery.member, at=NOON)
    done = bakery.take_in(shop("a@mail.example;Hana;;ano;1.2.2024;;;"), update="overwrite")
    assert outcomes(done) == {"rejected.restricted": 1}
    assert sole(bakery, "a@mail.example").identity["first_name"] == "Jana"


@pytest.mark.req("AGR-6")
def test_without_the_warranty_or_a_basis_the_gate_refuses_and_nothing_runs(bakery: Bakery) -> None:
    for chosen in ({"warranted": False}, {"targets": ["email", *["ignore"] * 7]}):
        import_id = bakery.prepare(many(3), **chosen)
        with pytest.raises(GateRefused) as refused:
            bakery.run(import_id)
        assert refused.value.clause and refused.value.remedy
        assert bakery.state(import_id).state == "mapped"
    assert count("audience_subscriber", bakery) == 0


def test_without_an_agreement_nothing_is_taken_in(world: World) -> None:
    customer = world.controller()
    with scope(customer.id):
        made = services.create_list(name="Newsletter", actor=customer.member, at=NOON)
    bakery = Bakery(customer.id, customer.member, made)
    import_id = bakery.prepare(many(3))
    with pytest.raises(GateRefused):
        bakery.run(import_id)


def test_people_without_a_basis_are_kept_only_when_asked_for(bakery: Bakery) -> None:
    row = "a@mail.example;Jana;;;;;;"
    assert outcomes(bakery.take_in(shop(row))) == {"rejected.basis_missing": 1}
    assert outcomes(bakery.take_in(shop(row), keep_without_basis=True)) == {"accepted": 1}
    assert sole(bakery, "a@mail.example").places[0].basis == "none"
    assert outcomes(bakery.take_in(shop("a@mail.example;;;ano;1.2.2024;;;"))) == {"updated": 1}
    assert sole(bakery, "a@mail.example").places[0].basis == "consent"


def test_rejected_rows_are_downloaded_with_line_and_reason_and_are_safe(bakery: Bakery) -> None:
    done = bakery.take_in(shop("no address;=1+1;;ano;1.2.2024;;;", "ok@mail.example;;;ano;1.2.2024;;;", "@;+420;;;;;;"))
    with scope(bakery.id):
        text = "".join(selectors.rejected_lines(done.id))
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))
    assert rows[0] == ["Line", "Reason"]
    assert [row[:4] for row in rows[1:]] == [
        ["2", "Not an e-mail address: the @ is missing", "no address", "'=1+1"],
        ["4", "The part before the @ is not valid", "'@", "'+420"],
    ]
    with scope(bakery.id):
        services.drop_rejections(import_id=done.id, actor=bakery.member, at=NOON)
    assert count("audience_rejection", bakery) == 0


def endless(piece: bytes, total: int) -> Iterator[bytes]:
    for _ in range(total // len(piece)):
        yield piece


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"PK\x03\x04" + bytes(2000), "file_excel"),
        (bytes(range(256)) * 2000, "file_binary"),
        ("Почта;Имя\nivan@example.com;Иван Петров\n".encode("cp1251"), "file_encoding"),
    ],
)
def test_what_is_no_csv_file_is_refused_with_a_remedy_and_nothing_is_kept(
    bakery: Bakery, data: bytes, code: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        bakery.prepare(data)
    assert refused.value.code == f"audience.{code}"
    assert refused.value.message and refused.value.remedy
    assert count("audience_import", bakery) == count("audience_upload_chunk", bakery) == 0


def test_a_line_of_100_mb_is_refused_while_it_comes_in(bakery: Bakery) -> None:
    with pytest.raises(FileRefused, match="Line 2") as refused, scope(bakery.id):
        chunks = (b"E-mail\n", *endless(b"x" * 1_000_000, 100_000_000))
        services.upload(list_id=bakery.list_id, file_name="x", chunks=chunks, actor=bakery.member, at=NOON)
    assert refused.value.code == "audience.file_line_too_long"
    assert count("audience_upload_chunk", bakery) == 0


def test_a_file_without_a_column_of_addresses_is_refused_at_the_mapping(bakery: Bakery) -> None:
    with pytest.raises(FileRefused) as refused:
        bakery.prepare(b"Name;City\nJan;Brno\nEva;Praha\n")
    assert refused.value.code == "audience.file_without_email"


def test_an_import_without_a_source_is_refused_at_the_mapping(bakery: Bakery) -> None:
    with pytest.raises(FileRefused) as refused:
        bakery.prepare(many(2), source=" ")
    assert refused.value.code == "audience.option_source"


def test_a_quotation_mark_never_closed_ends_the_import_with_the_line_and_keeps_what_was_taken(bakery: Bakery) -> None:
    data = many(4_000) + b'x@mail.example;"never closed\n' + many(40_000, 9_000)
    done = bakery.take_in(data)
    assert (done.state, done.error, done.error_line, done.rows) == ("failed", "file_line_too_long", 4_002, 4_000)
    assert not done.resumable
    assert count("audience_subscriber", bakery) == 4_000


def test_rows_that_are_no_text_are_rejected_one_by_one(bakery: Bakery) -> None:
    data = shop("a@mail.example;Žofie;;ano;1.2.2024;;;", "b@mail.example;Jiří;;ano;1.2.2024;;;")
    spoiled = data + b"c@mail.example;\x8eofie;;ano;1.2.2024;;;\n" + b"d@mail.example;a\x00b;;ano;1.2.2024;;;\n"
    assert outcomes(bakery.take_in(spoiled)) == {"accepted": 2, "rejected.row_unreadable": 2}


def test_the_first_rows_are_shown_as_they_would_be_taken(bakery: Bakery) -> None:
    import_id = bakery.prepare(
        shop("Jana@mail.example;Jana;601 123 456;ano;1.2.2024;;;", "x;;;;;;;", "c@mail.example;;;;;;;ano")
    )
    with scope(bakery.id):
        shown = selectors.preview(import_id, at=NOON)
    assert [column.header for column in shown.columns][:2] == ["E-mail", "Jméno"]
    assert [column.target for column in shown.columns][:3] == ["email", "field:first_name", "field:phone"]
    assert shown.rows[0].values["phone"] == "+420601123456"
    assert [row.reason for row in shown.rows] == ["", "address_without_at", "suppressed_unsubscribed"]
    assert shown.problem == ""


def test_slices_go_on_where_the_last_one_ended(bakery: Bakery) -> None:
    import_id = bakery.prepare(many(7_000))
    with scope(bakery.id):
        services.start_import(import_id=import_id, actor=bakery.member, at=NOON)
    seen = []
    while services.run_slice(controller_id=bakery.id, import_id=import_id, seconds=0):
        seen.append(bakery.state(import_id).rows)
    assert seen == [2_000, 4_000, 6_000, 7_000] or seen == [2_000, 4_000, 6_000]
    done = bakery.state(import_id)
    assert (done.state, outcomes(done), done.share) == ("done", {"accepted": 7_000}, 1.0)


def test_a_cancelled_import_keeps_what_it_took_and_can_go_on(bakery: Bakery) -> None:
    import_id = bakery.prepare(many(7_000))
    with scope(bakery.id):
        services.start_import(import_id=import_id, actor=bakery.member, at=NOON)
    assert services.run_slice(controller_id=bakery.id, import_id=import_id, seconds=0)
    with scope(bakery.id):
        assert services.cancel_import(import_id=import_id, actor=bakery.member, at=NOON)
    assert not services.run_slice(controller_id=bakery.id, import_id=import_id)
    cancelled = bakery.state(import_id)
    assert (cancelled.state, cancelled.rows, cancelled.resumable) == ("cancelled", 2_000, True)
    with scope(bakery.id):
        services.resume_import(import_id=import_id, actor=bakery.member, at=NOON)
    bakery.work(import_id)
    assert outcomes(bakery.state(import_id)) == {"accepted": 7_000}
    assert count("audience_subscriber", bakery) == 7_000


def test_an_import_whose_job_is_gone_can_go_on(bakery: Bakery) -> None:
    import_id = bakery.prepare(many(3_000))
    with scope(bakery.id):
        services.start_import(import_id=import_id, actor=bakery.member, at=NOON)
        assert not selectors.find_import(import_id).resumable
        with pytest.raises(WrongState):
            services.resume_import(import_id=import_id, actor=bakery.member, at=NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            "update procrastinate_jobs set status = 'failed' where args ->> 'import_id' = %s", [str(import_id)]
        )
    with scope(bakery.id):
        assert selectors.find_import(import_id).resumable
        services.resume_import(import_id=import_id, actor=bakery.member, at=NOON)
    assert len(jobs(import_id)) == 2
    bakery.work(import_id)
    assert outcomes(bakery.state(import_id)) == {"accepted": 3_000}


def test_a_finished_import_is_neither_started_nor_resumed_again(bakery: Bakery) -> None:
    done = bakery.take_in(many(3))
    with scope(bakery.id):
        for verb in (services.start_import, services.resume_import):
            with pytest.raises(WrongState):
                verb(import_id=done.id, actor=bakery.member, at=NOON)
        assert not services.cancel_import(import_id=done.id, actor=bakery.member, at=NOON)


def test_two_imports_at_once_make_nobody_twice(bakery: Bakery) -> None:
    with scope(bakery.id):
        second = services.create_list(name="Second", actor=bakery.member, at=NOON)
    sides = (bakery, Bakery(bakery.id, bakery.member, second))
    imports = [side.prepare(many(9_000)) for side in sides]
    keys = count("vault_subject_key", bakery)
    for side, import_id in zip(sides, imports, strict=True):
        with scope(side.id):
            services.start_import(import_id=import_id, actor=side.member, at=NOON)

    def work(import_id: UUID) -> None:
        try:
            bakery.work(import_id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(import_id,)) for import_id in imports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcomes(bakery.state(import_id)) for import_id in imports] == [{"accepted": 9_000}] * 2
    assert count("audience_subscriber", bakery) == 9_000
    assert count("audience_subscription", bakery) == 18_000
    assert count("vault_subject_key", bakery) == keys + 9_000


def test_another_controllers_import_is_not_there(bakery: Bakery, world: World) -> None:
    import_id = bakery.prepare(many(3))
    stranger = world.controller()
    with scope(stranger.id), pytest.raises(NoSuchImport):
        selectors.find_import(import_id)
    with pytest.raises(NoSuchImport):
        services.run_slice(controller_id=stranger.id, import_id=import_id)


def test_the_job_carries_ids_only_and_is_queued_with_the_start(bakery: Bakery) -> None:
    import_id = bakery.prepare(many(3))
    try:
        with scope(bakery.id):
            services.start_import(import_id=import_id, actor=bakery.member, at=NOON)
            raise RuntimeError
    except RuntimeError:
        pass
    assert jobs(import_id) == []
    with scope(bakery.id):
        services.start_import(import_id=import_id, actor=bakery.member, at=NOON)
    assert jobs(import_id) == [{"controller_id": str(bakery.id), "import_id": str(import_id)}]


def jobs(import_id: UUID) -> list[dict[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("select args from procrastinate_jobs where args ->> 'import_id' = %s", [str(import_id)])
        return [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in cursor.fetchall()]


def test_what_happened_to_an_import_stands_in_the_record_without_personal_data(bakery: Bakery) -> None:
    done = bakery.take_in(shop("Jana.Tajna@mail.example;Jana;;ano;1.2.2024;;;"))
    with scope(bakery.id), connection.cursor() as cursor:
        cursor.execute(
            "select kind, leaf from record_entry where convert_from(leaf, 'UTF8') like %s order by id", [f"%{done.id}%"]
        )
        entries = cursor.fetchall()
    kinds = [kind for kind, _ in entries]
    assert kinds == [
        "audience.file_uploaded",
        "audience.import_mapped",
        "gate.permitted",
        "audience.import_started",
        "audience.import_finished",
    ]
    assert not any(b"tajna" in bytes(leaf).lower() for _, leaf in entries)


def test_an_unknown_import_does_not_run(bakery: Bakery) -> None:
    with pytest.raises(NoSuchImport):
        services.run_slice(controller_id=bakery.id, import_id=new_id())


def test_what_is_known_is_looked_up_by_index_while_the_tables_have_no_statistics(
    bakery: Bakery, database: Urls
) -> None:
    """A table that is being filled was never analysed; read whole for each batch, a long file would take for ever."""
    bakery.take_in(many(20_000))
    with psycopg.connect(database.superuser) as superuser:
        tables = "'{audience_subscriber, audience_subscription}'::regclass[]"
        superuser.execute(f"delete from pg_statistic where starelid = any({tables})")
    with scope(bakery.id), connection.cursor() as cursor:
        cursor.execute("select array_agg(email_index) from (select email_index from audience_subscriber limit 2000) s")
        values = [cursor.fetchone()[0], bakery.list_id]
        cursor.execute("explain (analyze, timing off) " + intake.KNOWN.replace("%b", "%s"), values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan and "Rows Removed" not in plan and "Hash" not in plan, plan


@pytest.mark.req("INS-1", "INS-3")
def test_the_controllers_own_stop_ends_an_import_with_its_next_batch_and_it_goes_on_from_there(bakery: Bakery) -> None:
    made = bakery.prepare(many(3_000))
    with scope(bakery.id):
        services.start_import(import_id=made, actor=bakery.member, at=NOON)
        Suspension.objects.create(by=new_id(), at=NOON)
    bakery.work(made)
    stopped = bakery.state(made)
    assert (stopped.state, stopped.error, stopped.resumable, stopped.rows) == ("failed", "gate_shut", True, 0)
    with scope(bakery.id):
        assert [one.code for one in agreements.refused(about=made)] == ["instruction.not_halted"]
        with pytest.raises(GateRefused):
            services.resume_import(import_id=made, actor=bakery.member, at=NOON)
        Suspension.objects.update(lifted_by=new_id(), lifted_at=NOON)
        services.resume_import(import_id=made, actor=bakery.member, at=NOON)
    bakery.work(made)
    assert (bakery.state(made).state, bakery.state(made).counts["accepted"]) == ("done", 3_000)

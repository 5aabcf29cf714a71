"""Who is erased while an import has their row in its hands is not brought back by it."""

from uuid import UUID

import pytest
from django.db import connection

from mandata.audience import selectors as audience
from mandata.audience import services as services_of_audience
from mandata.audience.rules.bases import Reason
from mandata.audience.services import imports, suppress
from mandata.audience.services.intake import Batch
from mandata.holdings import selectors, services
from mandata.infra.tenancy import scope
from tests.audience.conftest import NOON, Bakery, open_bakery
from tests.world import World

HEADER = "E-mail;Jméno;Telefon;Souhlas;Datum souhlasu;Zdroj souhlasu;Zákazník;Odhlášen\n"
NEW, OUT, STAYS = "new@mail.example", "out@mail.example", "stays@mail.example"


def shop(*addresses: str) -> bytes:
    return (HEADER + "".join(f"{one};Jan;;ano;1.2.2024;web;;\n" for one in addresses)).encode()


@pytest.fixture
def bakery(world: World) -> Bakery:
    return open_bakery(world)


def rejections(import_id: UUID) -> list[tuple[str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select reason, email_index is not null from audience_rejection where import_id = %s order by line",
            [import_id],
        )
        return [(reason, known) for reason, known in cursor.fetchall()]


@pytest.mark.req("DSR-13", "RET-5")
def test_who_is_erased_while_an_import_holds_their_row_does_not_come_back(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery.take_in(shop(OUT))
    with scope(bakery.id):
        suppress(email=OUT, reason=Reason.UNSUBSCRIBED, actor=bakery.member, at=NOON)
    import_id = bakery.prepare(shop(NEW, OUT, STAYS))
    prepare = imports._Run._prepare
    erased: list[str] = []

    def prepared(run: imports._Run, *arguments: object) -> Batch:
        batch = prepare(run, *arguments)  # type: ignore[arg-type]
        for address in () if erased else (NEW, OUT):  # and now, before the batch is written
            with scope(bakery.id):
                subject = selectors.subject_by_address(address)
                assert subject is not None
                services.erase(subject=subject, ground="consent_withdrawn", actor=bakery.member, at=NOON)
            erased.append(address)
        return batch

    monkeypatch.setattr(imports._Run, "_prepare", prepared)
    done = bakery.run(import_id)
    assert erased == [NEW, OUT]
    assert done.state == "done"
    with scope(bakery.id):
        assert audience.find_by_email(NEW) is None
        assert audience.find_by_email(OUT) is None
        assert audience.find_by_email(STAYS) is not None
        assert rejections(import_id) == [("address_without_at", False)] * 2


@pytest.mark.req("DSR-13", "AUDI-1")
def test_an_erasure_between_two_slices_of_an_import_loses_nobody_else(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 1)
    import_id = bakery.prepare(shop(OUT, NEW, STAYS))
    with scope(bakery.id):
        services_of_audience.start_import(import_id=import_id, actor=bakery.member, at=NOON)
    assert imports.run_slice(controller_id=bakery.id, import_id=import_id, seconds=-1, now=lambda: NOON)
    with scope(bakery.id):
        subject = selectors.subject_by_address(OUT)
        assert subject is not None and subject.reference is not None
        services.erase(subject=subject, ground="consent_withdrawn", actor=bakery.member, at=NOON)
    while imports.run_slice(controller_id=bakery.id, import_id=import_id, seconds=-1, now=lambda: NOON):
        pass
    with scope(bakery.id):
        assert audience.find_by_email(OUT) is None
        assert audience.find_by_email(NEW) and audience.find_by_email(STAYS)
    done = bakery.state(import_id)
    assert (done.state, done.rows, done.counts["accepted"]) == ("done", 3, 3)


@pytest.mark.req("DSR-13")
@pytest.mark.parametrize("many", [False, True])
def test_who_comes_in_between_the_look_up_and_the_erasure_is_erased_too(bakery: Bakery, many: bool) -> None:
    with scope(bakery.id):
        subject = selectors.subject_by_address(NEW)
    assert subject is not None and subject.reference is None
    bakery.take_in(shop(NEW))
    with scope(bakery.id):
        if many:
            services.erase_many(subjects=[subject], ground="objection", actor=bakery.member, at=NOON)
        else:
            services.erase(subject=subject, ground="objection", actor=bakery.member, at=NOON)
        assert audience.find_by_email(NEW) is None

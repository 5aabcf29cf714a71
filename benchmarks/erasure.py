"""How many people a second are erased, in a database of its own that is as large as asked for.

    python -m benchmarks.erasure [--people 1000000] [--events 20000000] [--erase 100000] [--folder DIR] [--short]

One controller has the people on one list, four campaigns that were sent to everybody, the events spread over four
months at random, each message's first open. People picked at random get a provider of their own: they are chosen by the
filter of the subscribers' page, counted, confirmed and erased by a run, as the console and the command line do it; each
gets an entry in the record and a line in the outside log. The reference are the bare statements (DELETE, and
UPDATE of the events) for the same tables and as many other people in the same run, in batches of the same size.

JSON on one line. Exit code 1 where somebody chosen is left or somebody else is touched, or fewer than `LEAST` people a
second are erased; `--short`, as in CI, judges by the reference: at most `MOST` times as long. `--folder` keeps the
database, and takes one that is there.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from benchmarks.ground import database

LEAST: Final = 1_000
MOST: Final = 6.0
CAMPAIGNS: Final = 4
CHOSEN, OTHERS = "chosen.example", "others.example"
SENT: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
_PAGE: Final = 10_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--erase", type=int, default=100_000, help="How many of the people.")
    parser.add_argument("--folder", type=Path, help="Keep the database here, or take the one that is here.")
    parser.add_argument("--short", action="store_true", help="20,000 people, 400,000 events: what CI runs.")
    given = parser.parse_args()
    if given.short:
        given.people, given.events, given.erase = 20_000, 400_000, 2_000
    with tempfile.TemporaryDirectory(prefix="mandata-bench-") as scratch:
        folder = given.folder or Path(scratch)
        server = database(folder)
        os.environ["BENCH_SUPERUSER"] = server.urls().superuser
        try:
            figures = _run(given.people, given.events, given.erase, folder / "shop.json")
        finally:
            _close()
            server.stop() if given.folder else server.destroy()
    good = figures["right"] and (figures["times"] <= MOST if given.short else figures["per_second"] >= LEAST)
    print(json.dumps({**figures, "holds": good}))
    return int(not good)


def _close() -> None:
    from django.db import connections

    connections.close_all()


def _run(people: int, events: int, erase: int, kept: Path) -> dict[str, Any]:
    from mandata.holdings import progress, runs
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    began = time.monotonic()
    shop = _filled(people, events, kept)
    made = time.monotonic() - began
    others = _others(shop, erase)
    _choose(shop, erase)
    before = _left(shop)
    bare = _bare(shop, others)
    with scope(shop["id"]):
        run = runs.choose(wanted={"provider": CHOSEN}, ground="objection", actor=shop["actor"], at=now())
    began = time.monotonic()
    _work(shop["id"], run)
    counted = time.monotonic() - began
    with scope(shop["id"]):
        chosen = progress.run(run).people
        runs.confirm(run_id=run, people=chosen, actor=shop["actor"], at=now())
    began, used = time.monotonic(), _processor()
    _work(shop["id"], run)
    spent, used = time.monotonic() - began, _processor() - used
    with scope(shop["id"]):
        done = progress.run(run)
    after = _left(shop)
    gone = len(others) + chosen
    right = (
        done.state == "done"
        and done.erased == chosen
        and after == {name: before[name] - (gone if name == "subscribers" else 0) for name in before}
    )
    return {
        "bench": "erasure",
        "people": people,
        "events": events,
        "erased": done.erased,
        "made_in": round(made, 1),
        "chosen_and_counted_per_second": round(chosen / counted),
        "seconds": round(spent, 1),
        "per_second": round(chosen / spent),
        "processor_ms_each": round(1000 * used / chosen, 2),
        "bare_per_second": round(len(others) / bare),
        "times": round((spent / chosen) / (bare / len(others)), 2),
        "right": right,
    }


def _work(controller: UUID, run: UUID) -> None:
    from mandata.holdings import runs

    while runs.run_slice(controller_id=controller, run_id=run):
        pass


def _filled(people: int, events: int, kept: Path) -> dict[str, Any]:
    from mandata.foundation.actors import Actor

    if not kept.exists():
        shop = _shop()
        _people(shop, people)
        _behaviour(shop, people, events)
        told = {**shop, "campaigns": [str(one) for one in shop["campaigns"]]}
        kept.write_text(json.dumps({name: str(one) if isinstance(one, UUID) else one for name, one in told.items()}))
    found = json.loads(kept.read_text())
    ids = {name: UUID(found[name]) for name in ("id", "list", "member")}
    campaigns = [UUID(one) for one in found["campaigns"]]
    return {**ids, "campaigns": campaigns, "actor": Actor("member", ids["member"])}


def _shop() -> dict[str, Any]:
    """A controller with a list and campaigns that were sent."""
    from mandata.campaigns.models import Campaign, Number
    from mandata.infra.clock import new_id
    from mandata.infra.tenancy import scope
    from tests.holdings.cast import a_shop
    from tests.world import World

    shop = a_shop(World())
    campaigns = [shop.campaign_id]
    for number in range(1, CAMPAIGNS):
        one = new_id()
        numbered = Number.objects.create(controller_id=shop.id, campaign_id=one).number
        with scope(shop.id):
            at = SENT + timedelta(days=30 * number)
            Campaign.objects.create(
                id=one,
                number=numbered,
                name=f"Letter {number}",
                subject="Bread",
                list_id=shop.list_id,
                created_by=shop.member.id,
                created_at=at,
                updated_at=at,
            )
        campaigns.append(one)
    return {"id": shop.id, "list": shop.list_id, "member": shop.member.id, "campaigns": campaigns}


def _people(shop: dict[str, Any], people: int) -> None:
    """Subscribers as an import makes them, each with a key and an envelope; every tenth is one of those chosen."""
    from mandata.audience.selectors.people import PLACE
    from mandata.audience.services.envelopes import INDEXED, pack
    from mandata.infra import bulk
    from mandata.infra.clock import new_id
    from mandata.infra.tenancy import scope
    from mandata.vault.services import Vault

    columns = {"id": "uuid", "identity": "bytea", "email_index": "bytea", "suppression_index": "bytea"}
    columns |= {"clear": "jsonb", "mail_domain": "text", "provider": "text", "language": "text", "country": "text"}
    columns |= {"region": "text", "birthday": "text", "index_version": "int2", "created_at": "timestamptz"}
    columns |= {"updated_at": "timestamptz"}
    on = {"list_id": "uuid", "subscriber_id": "uuid", "state": "text", "basis": "text", "evidence": "jsonb"}
    on |= {"since": "timestamptz", "ended_by": "text"}
    for start in range(0, people, _PAGE):
        numbers = range(start, min(start + _PAGE, people))
        with scope(shop["id"]):
            vault = Vault.open()
            ids = {new_id(): number for number in numbers}
            plain = {
                one: pack({"email": _address(number), "first_name": "Jana", "last_name": f"Nováková {number}"})
                for one, number in ids.items()
            }
            sealed = vault.seal_many(PLACE, vault.create(list(ids)), plain)
            rows = []
            for one, number in ids.items():
                address = _address(number)
                domain = address.partition("@")[2]
                indexes = vault.index("email", address), vault.index("suppression", address)
                facts = ("{}", domain, domain, "cs", "CZ", "", "", INDEXED, SENT, SENT)
                rows.append((one, sealed[one], *indexes, *facts))
            bulk.insert("audience_subscriber", columns, rows)
            evidence = (shop["list"], "subscribed", "consent", '{"source": "e-shop"}', SENT, "")
            bulk.insert("audience_subscription", on, [(evidence[0], one, *evidence[1:]) for one in ids])


def _address(number: int) -> str:
    return f"reader{number}@{OTHERS}"


_NUMBERED = """
create unlogged table bench_people as
    select row_number() over (order by id) - 1 as number, id from audience_subscriber where controller_id = %(id)s;
create unique index on bench_people (number); analyze bench_people;
"""
_MESSAGES = """
insert into delivery_message (controller_id, campaign_id, subscriber_id, number, state, provider, sent_at)
select %(id)s, %(campaign)s, id, number + 1, 'sent', 'other', %(at)s from bench_people
"""
_FIRSTS = """
insert into tracking_first (controller_id, campaign_id, message, kind, link, at)
select %(id)s, %(campaign)s, number + 1, 'open', 0, %(at)s from bench_people
"""
_EVENTS = """
insert into tracking_event
    (controller_id, at, kind, campaign_id, subscriber_id, link, actor_class, agent, network, signals)
select %(id)s, %(at)s + g * interval '20 days' / %(count)s, 'open', %(campaign)s, p.id, 0, 'human',
       'firefox', '203.0.113.0/24', 0
from generate_series(1, %(count)s) g join bench_people p on p.number = (g::int8 * 2654435761) %% %(people)s
"""


def _behaviour(shop: dict[str, Any], people: int, events: int) -> None:
    """Messages, first opens and events, made by the server; events come in the order of time from people at random."""
    import psycopg

    with psycopg.connect(os.environ["BENCH_SUPERUSER"], autocommit=True) as connection:
        connection.execute("drop table if exists bench_people")
        for statement in _NUMBERED.split(";")[:-1]:
            connection.execute(statement.replace("%(id)s", f"'{shop['id']}'"))
        for number, campaign in enumerate(shop["campaigns"]):
            at = SENT + timedelta(days=30 * number)
            connection.execute("select tracking_ensure_month(%s::date)", [at.date()])
            connection.execute("select tracking_ensure_month(%s::date)", [(at + timedelta(days=20)).date()])
            values = {"id": shop["id"], "campaign": campaign, "at": at, "people": people}
            values["count"] = events // CAMPAIGNS
            for statement in (_MESSAGES, _FIRSTS, _EVENTS):
                connection.execute(statement, values)
        connection.execute("drop table bench_people")
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def _left(shop: dict[str, Any]) -> dict[str, int]:
    import psycopg

    with psycopg.connect(os.environ["BENCH_SUPERUSER"]) as connection:
        counts = {"subscribers": "audience_subscriber", "events": "tracking_event"}
        found = {}
        for name, table in counts.items():
            row = connection.execute(f"select count(*) from {table} where controller_id = %s", [shop["id"]])
            found[name] = int((row.fetchone() or (0,))[0])
    return found


def _others(shop: dict[str, Any], count: int) -> list[UUID]:
    """As many people who will not be chosen, at random."""
    import psycopg

    with psycopg.connect(os.environ["BENCH_SUPERUSER"]) as connection:
        rows = connection.execute(f"select id {_SOME}", [shop["id"], OTHERS, count])
        return sorted(row[0] for row in rows)


def _choose(shop: dict[str, Any], count: int) -> None:
    """Give people at random the provider by which they are chosen; not those whom the bare statements erase."""
    import psycopg

    some = f"select id {_SOME} offset %s"
    with psycopg.connect(os.environ["BENCH_SUPERUSER"], autocommit=True) as connection:
        connection.execute(
            f"update audience_subscriber set provider = %s where id in ({some})",
            [CHOSEN, shop["id"], OTHERS, count, count],
        )
        connection.execute("vacuum analyze audience_subscriber")
        connection.execute("checkpoint")


_SOME = "from audience_subscriber where controller_id = %s and provider = %s order by md5(id::text) limit %s"


def _processor() -> float:
    """Seconds of processor time that this process and the database server have used, whoever else uses the machine."""
    import psycopg

    with psycopg.connect(os.environ["BENCH_SUPERUSER"]) as connection:
        row = connection.execute("select pg_backend_pid()").fetchone()
        postmaster = int(_stat(int((row or (0,))[0]))[1])
    return time.process_time() + _of_server(postmaster)


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _of_server(postmaster: int) -> float:
    """Of the server's first process with all its children, those that have ended among them."""
    ticks = sum(map(int, _stat(postmaster)[11:15]))
    for path in Path("/proc").glob("[0-9]*"):
        try:
            told = _stat(int(path.name))
        except OSError:
            continue
        if int(told[1]) == postmaster:
            ticks += int(told[11]) + int(told[12])
    return ticks / os.sysconf("SC_CLK_TCK")


_BARE = (
    "delete from tracking_first f using delivery_message m where m.subscriber_id = any(%b)"
    " and f.campaign_id = m.campaign_id and f.message = m.number",
    "update tracking_event set subscriber_id = null, agent = '', network = '' where subscriber_id = any(%b)",
    "delete from delivery_message where subscriber_id = any(%b)",
    "delete from audience_subscription where subscriber_id = any(%b)",
    "delete from audience_subscriber where id = any(%b)",
    "delete from vault_subject_key where holder = any(%b)",
)


def _bare(shop: dict[str, Any], others: list[UUID]) -> float:
    """Seconds that the bare statements take."""
    from mandata.holdings.erasing import BATCH
    from mandata.infra import bulk
    from mandata.infra.tenancy import scope

    began = time.monotonic()
    for batch in _batches(others, BATCH):
        with scope(shop["id"]):
            for statement in _BARE:
                bulk.execute(statement, [batch])
    return time.monotonic() - began


def _batches(ids: list[UUID], size: int) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


if __name__ == "__main__":
    sys.exit(main())

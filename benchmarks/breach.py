"""A breach over many people at twelve controllers: how fast its scope is computed, and twelve notices, each right.

    python -m benchmarks.breach [--people 1000000] [--short]

A database of its own with that many people at twelve controllers of different sizes, each with a subscription, three
messages and two events; a fifth of them were there when the breach ended. Measured: counting whom it touched (from the
filter to the counts kept), and telling all twelve (share, obligations, notice and record entry). JSON on one line. Exit
code 1 where a number is wrong, a controller is told twice or not at all, or, not `--short`, the scope takes `LIMIT`
seconds or more.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.ground import database

HOUSES, LIMIT, FIFTH = 12, 10.0, 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--short", action="store_true", help="12,000 people: what CI runs; no limit of time.")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    server = database(folder)
    os.environ["BENCH_SUPERUSER"] = server.urls().superuser
    try:
        figures = _run(12_000 if given.short else given.people, short=given.short)
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))
    return int(not figures["holds"])


def _run(people: int, *, short: bool) -> dict[str, Any]:
    from mandata.infra.clock import now
    from tests.incidents.cast import bound, opened, over
    from tests.world import World

    world = World()
    houses = [bound(world, f"House {number}") for number in range(HOUSES)]
    ended = now() - timedelta(days=30)
    began = time.monotonic()
    touched = _fill([house.id for house in houses], people, ended)
    filled = time.monotonic() - began
    breach = opened(ended_at=ended)
    began = time.monotonic()
    over(breach, until=ended.isoformat(), holdings=["subscribers", "subscriptions", "messages", "events"])
    counted = time.monotonic() - began
    began = time.monotonic()
    wrong, twice = _tell(breach, dict(zip(houses, touched, strict=True)))
    told = time.monotonic() - began
    return {
        "bench": "breach",
        "people": people,
        "touched": sum(touched),
        "controllers": HOUSES,
        "filled_seconds": round(filled, 1),
        "scope_seconds": round(counted, 2),
        "limit": None if short else LIMIT,
        "told_seconds": round(told, 2),
        "wrong_numbers": wrong,
        "told_twice": twice,
        "holds": not wrong and not twice and (short or counted < LIMIT),
    }


_PEOPLE = """
insert into audience_subscriber (controller_id, id, identity, email_index, suppression_index, index_version, clear,
    mail_domain, provider, language, country, region, birthday, created_at, updated_at)
select %(house)s, md5(%(house)s::text || n)::uuid, '\\x00', decode(md5(%(house)s::text || n), 'hex'),
    decode(md5(n::text), 'hex'), 101, '{}', 'mail.example', 'other', 'cs', 'CZ', '', '', made, made
from (select n, case when n <= %(touched)s then %(before)s else %(after)s end as made
    from generate_series(1, %(people)s) as n) as drawn
"""
_NAMED = """
insert into audience_list (controller_id, id, number, name, description, created_at)
values (%(house)s, %(list)s, 1, 'Everybody', '', %(before)s)
"""
_LIST = """
insert into audience_subscription (controller_id, list_id, subscriber_id, state, basis, evidence, since, ended_by)
select controller_id, %(list)s, id, 'subscribed', 'consent', '{}', created_at, '' from audience_subscriber
where controller_id = %(house)s
"""
_MESSAGES = """
insert into delivery_message (controller_id, campaign_id, subscriber_id, number, state, sent_at)
select s.controller_id, c.id, s.id, row_number() over (partition by c.id), 'sent', s.created_at
from audience_subscriber s, unnest(%(campaigns)s::uuid[]) as c (id) where s.controller_id = %(house)s
"""
_EVENTS = """
insert into tracking_event (controller_id, at, kind, campaign_id, subscriber_id, link, actor_class, agent, network)
select m.controller_id, m.sent_at, 'open', m.campaign_id, m.subscriber_id, -1, 'human', '', '' from delivery_message m
where m.controller_id = %(house)s and m.campaign_id = any((%(campaigns)s::uuid[])[1:2])
"""


def _fill(houses: list[Any], people: int, ended: Any) -> list[int]:
    """People of each controller, the larger ones twice as many; how many of each were there when it ended."""
    import psycopg

    from mandata.infra.clock import new_id

    weights = [1 + number % 2 for number in range(len(houses))]
    touched = []
    with psycopg.connect(os.environ["BENCH_SUPERUSER"], autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")  # no campaigns stand behind these messages
        for house, weight in zip(houses, weights, strict=True):
            count = people * weight // sum(weights)
            touched.append(count // FIFTH)
            values = {
                "house": house,
                "people": count,
                "touched": touched[-1],
                "before": ended - timedelta(days=10),
                "after": ended + timedelta(days=10),
                "list": new_id(),
                "campaigns": [new_id() for _number in range(3)],
            }
            for statement in (_PEOPLE, _NAMED, _LIST, _MESSAGES, _EVENTS):
                connection.execute(statement, values)
        connection.execute(
            "vacuum analyze audience_subscriber, audience_subscription, delivery_message, tracking_event"
        )
    return touched


def _tell(breach: Any, houses: dict[Any, int]) -> tuple[int, int]:
    """Tell everybody twice over; how many numbers are wrong, and how many have two notices."""
    from mandata.accounts.services.notices import contents
    from mandata.agreements.models import Served
    from mandata.incidents.models import Share
    from mandata.infra.tenancy import scope
    from tests.incidents.cast import told

    told(breach)
    told(breach)
    wrong = twice = 0
    for house, touched in houses.items():
        with scope(house.id):
            share = Share.objects.get(breach=breach)
            served = list(Served.objects.filter(about=share.id))
            said = str(contents(served[0].notice)["text"]) if served and served[0].notice else ""
        records = touched * (1 + 1 + 3 + 2)
        right = (share.subjects, share.records) == (touched, records) and f"about {touched}\n" in said
        wrong, twice = wrong + (not right), twice + (len(served) != 1)
    return wrong, twice


if __name__ == "__main__":
    sys.exit(main())

"""How fast a page of 50 subscribers is read, unsealed and drawn, among many; and search, order and groups beside it.

    python -m benchmarks.people [--people 1000000] [--short]

A database of its own with that many people of one controller on one list, made by the statements of an import. The
reference is the bare query of the newest 50 rows and the unsealing of them, by hand, in the same run. Judged: a page of
50 (the selector that the page calls) and the whole page of the console (by Django's test client, past the middleware to
the last byte of HTML), median of many. With `--short` (20,000 people) this process's own
time is judged, which others' load moves least: the selector within `MOST` times the reference's, the whole page within
`PAGE_MOST` times. Else 30 ms by the clock for each.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.ground import database

LIMIT_MS, MOST, PAGE_MOST = 30.0, 4.0, 60.0
_BATCH = 2_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--short", action="store_true", help="20,000 people, judged by ratios to the reference only.")
    chosen = parser.parse_args()
    people = 20_000 if chosen.short else chosen.people
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    server = database(folder)
    try:
        return 0 if _run(people, short=chosen.short) else 1
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _run(people: int, *, short: bool) -> bool:
    from mandata.infra.tenancy import scope
    from tests.world.people import registered

    house = registered()
    began = time.monotonic()
    list_id = _fill(house, people)
    print(json.dumps({"bench": "people", "people": people, "filled_seconds": round(time.monotonic() - began, 1)}))
    times = 20 if short else 60
    with scope(house.id):
        reference = _timed(_bare, times)
        selected = {name: _timed(call, times) for name, call in _reads(list_id).items()}
    drawn = {name: _timed(call, max(times // 2, 10)) for name, call in _pages(house, list_id).items()}
    told = [("page", MOST, *one) for one in selected.items()] + [("console", PAGE_MOST, *one) for one in drawn.items()]
    held = [_tell(f"{kind}: {name}", took, reference, most, short) for kind, most, name, took in told]
    return all(held)


def _tell(what: str, took: dict[str, float], reference: dict[str, float], most: float, short: bool) -> bool:
    ratio = took["own_ms"] / reference["own_ms"]
    judged = ": newest" in what
    holds = not judged or (ratio <= most if short else took["ms"] <= LIMIT_MS)
    line: dict[str, Any] = {"bench": "people", "what": what}
    line |= {name: round(value, 2) for name, value in took.items()}
    line |= {f"reference_{name}": round(value, 2) for name, value in reference.items() if name != "p90_ms"}
    line |= {"ratio": round(ratio, 2), "limit": (most if short else LIMIT_MS) if judged else None, "holds": holds}
    print(json.dumps(line), flush=True)
    return holds


def _fill(house: Any, people: int) -> Any:
    """Make the people and put them on a list, in the batches and by the statements of an import."""
    from mandata.audience import services
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    with scope(house.id):
        list_id = services.create_list(name="Bench", actor=house.owner.actor, at=now())
    for start in range(0, people, _BATCH):
        with scope(house.id):
            _batch(list_id, start, min(_BATCH, people - start))
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze audience_subscriber, audience_subscription, audience_lookup, vault_subject_key")
    connections["owner"].close()
    return list_id


_FIRST = ("Jan", "Jiří", "Žofie", "Anna", "Petr", "Lenka", "Šimon", "Ludmila", "Ota", "Eva")
_HOSTS = ("mail.example", "post.example", "seznam.cz", "gmail.com", "firma.example", "outlook.com")
_COUNTRIES = ("CZ", "CZ", "CZ", "SK", "DE", "AT", "PL")


def _batch(list_id: Any, start: int, count: int) -> None:
    from mandata.audience.rules.facets import derive
    from mandata.audience.selectors.people import PLACE
    from mandata.audience.services import lookups
    from mandata.audience.services.envelopes import pack
    from mandata.audience.services.writing import _SUBSCRIBERS, _SUBSCRIPTIONS
    from mandata.foundation import addresses
    from mandata.infra import bulk
    from mandata.infra.clock import new_ids, now
    from mandata.infra.tenancy import current_controller
    from mandata.vault.services import Vault

    vault, at = Vault.open(), now()
    ids = sorted(new_ids(count))
    keys = vault.create(ids)
    indexer = lookups.Indexer(vault, [])
    rows, plain, looked_up = [], {}, []
    for number, subscriber in enumerate(ids, start):
        address = addresses.parse(f"Zakaznik.{number}@{_HOSTS[number % 6]}")
        identity = {
            "email": address.normal,
            "first_name": _FIRST[number % 10],
            "last_name": f"Novák{chr(97 + number // 26 % 26)}{chr(97 + number % 26)}{chr(97 + number // 676 % 26)}",
            "country": _COUNTRIES[number % 7],
            "language": "cs" if number % 3 else "de",
            "birth_date": f"19{number % 90 + 10}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        }
        if number % 50_000 == 17:
            identity["country"] = "LI"
        plain[subscriber] = pack(identity)
        index = vault.index("email", address.lookup), None, vault.index("suppression", address.lookup)
        rows.append((subscriber, *index, "{}", *derive(address.domain, identity)))
        looked_up += indexer.rows(subscriber, identity)
    sealed = vault.seal_many(PLACE, keys, plain)
    columns = [list(column) for column in zip(*((row[0], sealed[row[0]], *row[1:]) for row in rows), strict=True)]
    bulk.execute(_SUBSCRIBERS, [current_controller(), 101, at, at, *columns])
    lookups.add(looked_up)
    on_list = [list(column) for column in zip(*((one, "consent", "{}") for one in ids), strict=True)]
    bulk.execute(_SUBSCRIPTIONS, [current_controller(), list_id, at, *on_list])


def _bare() -> None:
    """The least that such a page takes: the rows, the keys, the plaintexts."""
    from mandata.audience.selectors.people import PLACE
    from mandata.infra import bulk
    from mandata.vault.services import Vault

    rows = bulk.execute("select id, identity from audience_subscriber order by id desc limit 50", [])
    assert len(Vault.open().unseal_many(PLACE, dict(rows))) == 50


def _reads(list_id: Any) -> dict[str, Callable[[], object]]:
    from mandata.audience import selectors
    from mandata.audience.selectors import Narrowing, facets

    first = selectors.page(limit=50)
    middle = selectors.page(limit=500).after
    page = selectors.page
    calls: dict[str, Callable[[], object]] = {
        "newest 50": lambda: page(limit=50),
        "newest 50, behind 500 others": lambda: page(limit=50, after=middle),
        "newest 50 on a list": lambda: page(narrowing=Narrowing(list_id), limit=50),
        "newest 50 of a provider on a list": lambda: page(
            narrowing=Narrowing(list_id, "subscribed", provider="Gmail"), limit=50
        ),
        "a rare country": lambda: page(narrowing=Narrowing(country="LI"), limit=50),
        "by address": lambda: page(search="Zakaznik.7@post.example"),
        "by a common word": lambda: page(search="Žofie"),
        "by two words": lambda: page(search="novákbcd Šimon"),
        "groups by provider": lambda: facets.groups("provider"),
    }
    assert len(first.rows) == 50
    from mandata.audience.selectors import overview, sealed

    if overview.size() <= sealed.LIMIT:
        calls["sorted by name, 20,000 people unsealed"] = lambda: page(sort="name")
        calls["part of a name, nobody, 20,000 people unsealed"] = lambda: page(search="xqx", part=True)
    return calls


def _pages(house: Any, list_id: Any) -> dict[str, Callable[[], object]]:
    from django.test import Client

    from mandata.accounts.selectors import user

    browser = Client(headers={"host": "localhost"})
    browser.force_login(user(house.owner.user_id))

    def get(path: str) -> None:
        answer = browser.get(path)
        assert answer.status_code == 200 and b"m-cards" in answer.content, answer.status_code

    return {
        "newest 50": lambda: get("/audience/"),
        "newest 50 on a list": lambda: get(f"/audience/?list={list_id}"),
    }


def _timed(call: Callable[[], object], times: int) -> dict[str, float]:
    """Return median, least and 90th percentile by the clock and the median of this process's own time, in ms, after two
    calls that warm up."""
    measured, own = [], []
    for number in range(times + 2):
        began, own_began = time.perf_counter(), time.process_time()
        call()
        if number > 1:
            measured.append(1000 * (time.perf_counter() - began))
            own.append(1000 * (time.process_time() - own_began))
        if sum(measured) > 20_000 and len(measured) > 3:
            break
    slow = quantiles(measured, n=10)[-1]
    return {"ms": median(measured), "least_ms": min(measured), "p90_ms": slow, "own_ms": median(own)}


if __name__ == "__main__":
    sys.exit(main())

"""How fast a shop's file is taken in, on a database of its own, and how much memory that takes.

    python -m benchmarks.import_csv [--rows 100000] [--million] [--short]

Prints JSON lines. The clock runs from the start of the import to its end: reading, validation, blind indexes, keys,
sealing, writing; the upload is told apart. The reference is email-validator alone on the same addresses, in the same
run and on one core. Memory is the peak resident size of the importing process. Exit code 1 where a limit does not hold:
10,000 rows/s, or with `--short` a tenth of the reference.
"""

import argparse
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEAST, RATIO = 10_000.0, 0.1
HEADER = "E-mail;Jméno;Příjmení;Telefon;Město;Souhlas;Datum souhlasu;Zdroj souhlasu\r\n"
FIRST = ("Jan", "Jiří", "Žofie", "Anna", "Petr", "Lenka", "Šimon", "Ludmila")
LAST = ("Novák", "Dvořáková", "Černý", "Procházková", "Kučera", "Veselá", "Říha")
CITIES = ("Praha", "Brno", "Ostrava", "Žďár nad Sázavou", "Plzeň", "České Budějovice")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--million", action="store_true", help="1,000,000 rows after the others.")
    parser.add_argument("--short", action="store_true", help="20,000 rows, judged by the ratio to the reference only.")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mandata-bench-"))
    server = _database(folder)
    try:
        counts = [20_000] if chosen.short else [chosen.rows, *([1_000_000] if chosen.million else [])]
        held = [_measure(rows, short=chosen.short) for rows in counts]
        return 0 if all(held) else 1
    finally:
        from django.db import connections

        connections.close_all()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _database(folder: Path) -> Any:
    from urllib.parse import urlsplit

    from mandata.infra.postgres import Server, apply_grants

    server = Server(folder / "postgres")
    server.start()
    urls = server.provision()
    os.environ.update(
        MANDATA_VAR=str(folder),
        DATABASE_URL=urls.app,
        OWNER_DATABASE_URL=urls.owner,
        MANDATA_LOG_LEVEL="error",
        DJANGO_SETTINGS_MODULE="mandata.project.settings",
    )
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    from mandata.infra.tenancy import APPEND_ONLY

    call_command("migrate", database="owner", verbosity=0)
    connections["owner"].close()
    apply_grants(urls.owner, urlsplit(urls.app).username or "", APPEND_ONLY)
    return server


def _measure(rows: int, *, short: bool) -> bool:
    from mandata.audience import selectors, services
    from mandata.audience.rules.options import Options
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    controller, member, list_id = _bakery()
    started = time.monotonic()
    with scope(controller):
        made = services.upload(list_id=list_id, file_name="b.csv", chunks=_file(rows), actor=member, at=now())
        guessed = selectors.find_import(made).options
        assert guessed is not None
        options = Options.from_json({**guessed.as_json(), "source": "bench", "warranted": True})
        services.choose(import_id=made, options=options, actor=member, at=now())
        services.start_import(import_id=made, actor=member, at=now())
    uploaded = time.monotonic() - started
    before, reference = _peak(), _reference()
    started = time.monotonic()
    while services.run_slice(controller_id=controller, import_id=made):
        pass
    seconds = time.monotonic() - started
    with scope(controller):
        done = selectors.find_import(made)
    assert done.state == "done" and done.rows == rows, done
    reference = (reference + _reference()) / 2  # before and after: others may share the machine
    rate = rows / seconds
    holds = rate >= reference * RATIO if short else rate >= LEAST
    line = {
        "bench": "import",
        "rows": rows,
        "accepted": done.counts["accepted"],
        "rows_per_second": round(rate),
        "seconds": round(seconds, 2),
        "upload_seconds": round(uploaded, 2),
        "peak_mib": _peak(),
        "peak_mib_before": before,
        "reference_validations_per_second": round(reference),
        "ratio": round(rate / reference, 3),
        "limit": RATIO if short else LEAST,
        "holds": holds,
    }
    print(json.dumps(line), flush=True)
    return holds


def _bakery() -> tuple[Any, Any, Any]:
    """A controller whose agreement is in force, and a list."""
    from mandata.accounts.models import Controller, Directory
    from mandata.agreements import selectors as agreements
    from mandata.agreements import services as agreement_services
    from mandata.audience import services
    from mandata.foundation.actors import Actor
    from mandata.infra.clock import new_id, now
    from mandata.infra.tenancy import scope
    from mandata.vault.services import begin

    controller, at = new_id(), now()
    member = new_id()
    Directory.objects.create(controller_id=controller, created_at=at)
    with scope(controller):
        Controller.objects.create(controller_id=controller, name="Bench", contact="bench@bakery.example", created_at=at)
        begin(at=at)
        offer = agreements.offer(language="en")
        answers = {question.name: "no" if question.name == "consumer" else "yes" for question in offer.questions}
        agreement_services.accept(
            member_id=member, language="en", answers=answers, warranted=True, shown=offer.shown, at=at
        )
        actor = Actor("member", member)
        return controller, actor, services.create_list(name="Bench", actor=actor, at=at)


def _file(rows: int) -> Iterator[bytes]:
    """A shop's export, in pieces: plain addresses, accents, two in three with a telephone number, 1 in 50 invalid."""
    draw = random.Random(7).random
    lines = [HEADER]
    for number in range(rows):
        first, last = FIRST[int(draw() * 8)], LAST[int(draw() * 7)]
        phone = f"+420 601 {int(draw() * 900) + 100} {int(draw() * 900) + 100}" if draw() < 0.66 else ""
        at = "" if draw() < 0.02 else "@"
        day = f"{1 + int(draw() * 28)}. {1 + int(draw() * 12)}. {2019 + int(draw() * 5)} 14:{int(draw() * 50) + 10}"
        city = CITIES[int(draw() * 6)]
        lines.append(f"Zakaznik.{number}{at}mail.example;{first};{last};{phone};{city};ano;{day};e-shop\r\n")
        if len(lines) >= 2000:
            yield "".join(lines).encode()
            lines = []
    yield "".join(lines).encode()


def _reference(count: int = 5_000) -> float:
    from email_validator import validate_email

    started = time.perf_counter()
    for number in range(count):
        validate_email(f"Zakaznik.{number}@mail.example", check_deliverability=False)
    return count / (time.perf_counter() - started)


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    sys.exit(main())

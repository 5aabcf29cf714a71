"""How fast a shop's file is taken in, on a database of its own, and how much memory that takes.

    python -m benchmarks.import_csv [--rows 100000] [--million] [--short]

Prints JSON lines. The clock runs from the start of the import to its end: reading, validation, blind indexes, keys,
sealing, writing; the upload is told apart. The reference is email-validator alone on the same addresses, in the same
run and on one core. Memory is the peak resident size of the importing process, and by how much the import moved it.
Exit code 1 where a limit does not hold: 10,000 rows/s, or with `--short` a tenth of the reference; and 48 MiB of
growth, for however many rows.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LEAST, RATIO, GROWTH = 10_000.0, 0.1, 48.0


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
    from tests.world.files import shop_export

    controller, member, list_id = _bakery()
    started = time.monotonic()
    with scope(controller):
        made = services.upload(list_id=list_id, file_name="b.csv", chunks=shop_export(rows), actor=member, at=now())
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
    peak = _peak()
    grew = round(peak - before, 1)
    holds = (rate >= reference * RATIO if short else rate >= LEAST) and grew <= GROWTH
    line = {
        "bench": "import",
        "rows": rows,
        "accepted": done.counts["accepted"],
        "rows_per_second": round(rate),
        "seconds": round(seconds, 2),
        "upload_seconds": round(uploaded, 2),
        "peak_mib": peak,
        "grew_mib": grew,
        "growth_limit": GROWTH,
        "reference_validations_per_second": round(reference),
        "ratio": round(rate / reference, 3),
        "limit": RATIO if short else LEAST,
        "holds": holds,
    }
    print(json.dumps(line), flush=True)
    return holds


def _bakery() -> tuple[Any, Any, Any]:
    """A controller whose agreement is in force, and a list."""
    from mandata.audience import services
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope
    from tests.world import World
    from tests.world.people import accept

    customer = World().controller("Bench")
    with scope(customer.id):
        accept(customer.member)
        return customer.id, customer.member, services.create_list(name="Bench", actor=customer.member, at=now())


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

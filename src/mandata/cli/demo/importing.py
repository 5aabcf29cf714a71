"""The bakery brings its shop's export in, with the lawful basis of each person as the file tells it."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from mandata.audience import selectors, services
from mandata.audience.rules.bases import Basis
from mandata.cli.demo.stage import Stage
from mandata.foundation.errors import Fault
from mandata.infra.clock import now
from mandata.infra.tenancy import scope

LIST = "Newsletter"
FIELDS = (
    # key, label, kind, category, sealed: what the shop knows beside the standard fields
    ("orders", "Orders", "number", "activity", False),
    ("favourite_pastry", "Favourite pastry", "text", "preference", False),
)
HEADERS = {"Počet objednávek": "field:orders", "Oblíbené pečivo": "field:favourite_pastry"}


def import_subscribers(stage: Stage) -> None:
    """Import examples/subscribers.csv into the list, unless it is there."""
    with scope(stage.controller_id):
        known = selectors.lists()
        stage.list_id = known[0].id if known else _prepare(stage)
        done = selectors.imports(list_id=stage.list_id)
        import_id = done[0].id if done else _upload(stage, stage.examples / "subscribers.csv")
    path = stage.examples / "subscribers.csv"
    total = _rows(path)
    stage.wait("Importing subscribers", total, lambda: _taken(stage, import_id, total))
    with scope(stage.controller_id):
        report = selectors.report(import_id)
        row = selectors.find_import(import_id)
        on_list = selectors.find_list(stage.list_id)
    stage.expect(row.state == "done", f"the import ended as {row.state}: {row.error}")
    left, accepted = row.counts.get("left", 0), row.counts.get("accepted", 0)
    stage.figures |= {"rows": row.rows, "rejected": row.rejected, "left": left, "subscribed": accepted}
    stage.expect(row.rejected + left + accepted == row.rows, "not every row of the import is accounted for")
    stage.expect(on_list.subscribed > 0, "nobody is subscribed")
    stage.expect(report["rows"] == row.rows, "the import's report and its row disagree")


def _prepare(stage: Stage) -> UUID:
    for key, label, kind, category, sealed in FIELDS:
        services.create_field(
            key=key, label=label, kind=kind, category=category, sealed=sealed, actor=stage.owner, at=now()
        )
    return services.create_list(
        name=LIST, description="Who asked for news from the oven", actor=stage.marketer, at=now()
    )


def _upload(stage: Stage, path: Path) -> UUID:
    """Upload the file, take the guessed mapping, add what only the bakery knows, and start."""
    import_id = services.upload(
        list_id=stage.list_id, file_name=path.name, chunks=_pieces(path), actor=stage.marketer, at=now()
    )
    found = selectors.preview(import_id, at=now())
    headers = [column.header for column in found.columns]
    targets = tuple(HEADERS.get(header, target) for header, target in zip(headers, found.options.targets, strict=True))
    options = replace(found.options, targets=targets, basis=Basis.NONE, source="export of the shop", warranted=True)
    services.choose(import_id=import_id, options=options, actor=stage.marketer, at=now())
    services.start_import(import_id=import_id, actor=stage.marketer, at=now())
    return import_id


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def _rows(path: Path) -> int:
    """How many rows the file has below its header; a cell may span lines."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _row in csv.reader(file, delimiter=";")) - 1


def _taken(stage: Stage, import_id: UUID, total: int) -> int:
    """How many rows are taken in; all of them only once the import is done."""
    with scope(stage.controller_id):
        row = selectors.find_import(import_id)
    if row.state in ("failed", "cancelled"):
        raise Fault(f"The import {row.state}: {row.error}", remedy="Look at it in the console under Audience, Imports.")
    return total if row.state == "done" else min(row.rows, total - 1)

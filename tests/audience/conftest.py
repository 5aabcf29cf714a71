"""A bakery whose agreement is in force, and its list."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from mandata.audience import selectors, services
from mandata.audience.rules.options import Options
from mandata.foundation.actors import Actor
from mandata.infra.tenancy import scope
from tests.world import World
from tests.world.people import accept
from tests.world.processes import python

NOON = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
_WORKER = """
    import sys
    import django
    django.setup()
    from uuid import UUID
    from mandata.audience import services
    while services.run_slice(controller_id=UUID(sys.argv[1]), import_id=UUID(sys.argv[2])):
        pass
"""


@dataclass(frozen=True)
class Bakery:
    """A controller with an accepted agreement and one list; its verbs run an import as the worker would."""

    id: UUID
    member: Actor
    list_id: UUID

    def take_in(self, data: bytes, *, dry_run: bool = False, **chosen: object) -> selectors.ImportRow:
        """Upload, map, start and run an import to its end; `chosen` are options."""
        import_id = self.prepare(data, **chosen)
        return self.run(import_id, dry_run=dry_run)

    def prepare(self, data: bytes, **chosen: object) -> UUID:
        """Upload a file and choose how it is read."""
        with scope(self.id):
            pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)]
            made = services.upload(
                list_id=self.list_id, file_name="shop.csv", chunks=pieces, actor=self.member, at=NOON
            )
            self.choose(made, **chosen)
        return made

    def choose(self, import_id: UUID, **chosen: object) -> None:
        """Choose options over the guessed ones."""
        with scope(self.id):
            guessed = selectors.find_import(import_id).options
            assert guessed is not None
            values = {**guessed.as_json(), "source": "e-shop", "warranted": True, **chosen}
            options = Options.from_json(values)
            services.choose(import_id=import_id, options=options, actor=self.member, at=NOON)

    def run(self, import_id: UUID, *, dry_run: bool = False) -> selectors.ImportRow:
        """Start a mapped import and run its slices as the worker's job would."""
        with scope(self.id):
            services.start_import(import_id=import_id, dry_run=dry_run, actor=self.member, at=NOON)
        self.work(import_id)
        return self.state(import_id)

    def work(self, import_id: UUID) -> None:
        """Run slices until no more is due."""
        while services.run_slice(controller_id=self.id, import_id=import_id, now=lambda: NOON):
            pass

    def worker(self, import_id: UUID) -> "subprocess.Popen[bytes]":
        """A process that does the same."""
        return python(_WORKER, str(self.id), str(import_id))

    def state(self, import_id: UUID) -> selectors.ImportRow:
        """Where an import stands."""
        with scope(self.id):
            return selectors.find_import(import_id)


def open_bakery(world: World, name: str = "Demo Bakery") -> Bakery:
    """A bakery in the middle of its business."""
    customer = world.controller(name)
    with scope(customer.id):
        accept(customer.member, at=NOON)
        made = services.create_list(name="Newsletter", actor=customer.member, at=NOON)
    return Bakery(customer.id, customer.member, made)


@pytest.fixture
def bakery(world: World) -> Bakery:
    """A controller with an accepted agreement and a list."""
    return open_bakery(world)

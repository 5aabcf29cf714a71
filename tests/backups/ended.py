"""A controller with data in every holding whose agreement ends: verbs of `tests.backups.deeds`."""

from typing import Any
from uuid import UUID

Said = dict[str, Any]
NAME = "Doomed Bakery"
ADDRESS, LAST = "kunhuta.vresovcova@konec.example", "Vřesovcová"


def doomed(told: Said) -> Said:
    """A controller with a person in every holding; the answer is its id, the person's, and where the person lies."""
    from tests.holdings.cast import a_person, a_shop, sealed_with
    from tests.world import World

    del told
    shop = a_shop(World(), NAME)
    person = a_person(shop, ADDRESS, first="Kunhuta", last=LAST)
    return {"id": shop.id, "person": person, "sealed": sealed_with(_superuser(), shop.id, ADDRESS)}


def end(told: Said, controller: str) -> Said:
    """Its agreement ends, an archive is fetched, everything is deleted and certified."""
    from tests.retention.house import archived, deleted_after, ended

    del told
    who = UUID(controller)
    end_id = ended(who, choice="both")
    assert archived(who).rows("audience_subscriber"), "everything is returned first"
    deleted_after(who, NAME)
    return {"end": end_id}


def rest(told: Said, controller: str, go_on: bool = False) -> Said:
    """What is left of a controller; `go_on`: after the jobs of retention have looked after it."""
    from mandata.holdings import tenants
    from mandata.infra import restoring
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope
    from mandata.record import selectors as record
    from mandata.retention.selectors import ends
    from mandata.retention.services import deleting
    from mandata.vault.errors import KeyDestroyed
    from mandata.vault.providers import provider
    from mandata.vault.services import Vault
    from tests.holdings.cast import rows_with, sealed_with

    del told
    who = UUID(controller)
    if go_on:
        deleting.resume(controller_id=who)
        while deleting.run(controller_id=who, queue=False):
            pass
        deleting.settle_backups(controller_id=who, at=now())
    with scope(who):
        found = ends.current()
        kinds = [entry.kind for entry in record.entries(limit=1000)]
        try:
            opens = bool(Vault.open())
        except KeyDestroyed:
            opens = False
    return {
        "open": not restoring.closed(),
        "left": tenants.left(who),
        "state": found.state if found else "",
        "record": kinds,
        "vault": opens,
        "epochs": [number for whose, number in provider().epochs() if whose == who],
        "clear": rows_with(_superuser(), ADDRESS, LAST),
        "sealed": sealed_with(_superuser(), who, ADDRESS, LAST),
    }


def _superuser() -> str:
    from mandata.infra.environment import env
    from mandata.infra.postgres import Server

    return Server(env().var / "postgres").urls().superuser

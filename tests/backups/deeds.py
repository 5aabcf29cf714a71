"""What happens in an installation of its own: `python -m tests.backups.deeds VERB [JSON]` prints the answer as JSON.

Run as a process of that installation, because settings, keys and database are the process's own.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from mandata.cli.installation import connected, django
from tests.backups.ended import doomed, end, rest

Said = dict[str, Any]
__all__ = ["doomed", "end", "rest"]


def found(people: int) -> Said:
    """A shop with people on its list, a running import and a campaign that is written."""
    from tests.delivery.mailing import shop

    made = shop()
    ids = sorted(made.people(people, address="reader{}@inbox.example".format))  # as a freeze numbers them
    return {"shop": made.id, "list": made.list_id, "people": ids, "actor": made.actor.id}


def more_people(told: Said, count: int, prefix: str) -> Any:
    return _shop(told).people(count, address=(prefix + "{}@inbox.example").format)


def upload(told: Said) -> UUID:
    """A file that waits for its mapping."""
    from mandata.audience import services
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    made = _shop(told)
    with scope(made.id):
        return services.upload(
            list_id=made.list_id,
            file_name="people.csv",
            chunks=iter([b"E-mail\nwaiting@inbox.example\n"]),
            actor=made.actor,
            at=now(),
        )


def launch(told: Said) -> Any:
    """A campaign launched and frozen."""
    return _shop(told).launched()


def launch_unfrozen(told: Said) -> Any:
    from mandata.delivery import services
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    made = _shop(told)
    campaign = made.draft()
    with scope(made.id):
        services.launch(campaign_id=campaign, actor=made.actor, at=now())
    return campaign


def freeze(told: Said, campaign: str) -> bool:
    from mandata.delivery.services import tending
    from mandata.infra.clock import now

    return tending.tend_campaign(controller_id=_shop(told).id, campaign_id=UUID(campaign), at=now())


def release(told: Said, campaign: str) -> None:
    from mandata.delivery import services
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    made = _shop(told)
    with scope(made.id):
        services.release(campaign_id=UUID(campaign), actor=made.actor, at=now())


def cancel(told: Said, campaign: str) -> None:
    from mandata.delivery import services
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    made = _shop(told)
    with scope(made.id):
        services.cancel(campaign_id=UUID(campaign), actor=made.actor, at=now())


def send_some(told: Said, campaign: str, count: int, settle: int) -> list[int]:
    """Claim so many and settle some of them as sent, as an engine does that is killed in between."""
    from mandata.delivery.rules.outcomes import Outcome
    from mandata.delivery.services import claiming
    from mandata.infra.clock import new_id, now

    made = _shop(told)
    order = claiming.Order(made.id, UUID(campaign), made.list_id, now(), new_id(), 1)
    standing = claiming.standing(made.id, at=now())
    assert standing is not None
    claimed = claiming.claim(order=order, standing=standing, limit=count, at=now())
    rows = [
        claiming.Settled(one.chunk_id, one.number, one.attempts, Outcome(one.number, "sent", 250), now())
        for one in claimed[:settle]
    ]
    claiming.settle(controller_id=made.id, campaign_id=UUID(campaign), shard=1, settled=rows, done=[], at=now())
    return [one.number for one in claimed]


def send_all(told: Said, campaign: str) -> Any:
    """Let a real sending process send everything that is due; return the campaign's state then."""
    import subprocess

    from mandata.delivery.services import tending
    from mandata.infra.clock import now

    made = _shop(told)
    tending.tend_campaign(controller_id=made.id, campaign_id=UUID(campaign), at=now())
    environment = {**os.environ, "MANDATA_ENGINE_ALONE": "1"}
    command = [sys.executable, "-m", "mandata.delivery.engine"]
    subprocess.run(command, env=environment, check=True, timeout=120)
    tending.tend_campaign(controller_id=made.id, campaign_id=UUID(campaign), at=now())
    return made.campaign_state(UUID(campaign))


def erase(told: Said, number: int) -> Said:
    """Erase one of the people; the answer is the erasure, and the address that must be found nowhere."""
    from mandata.audience import selectors as people
    from mandata.holdings import selectors, services
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    made = _shop(told)
    with scope(made.id):
        person = UUID(told["people"][number])
        (subject,) = selectors.subjects([person])
        address = people.identities([person])[person]["email"]
        done = services.erase(subject=subject, ground="consent_withdrawn", actor=made.actor, at=now())
    return {"id": done.id, "address": address}


def withdraw(told: Said, unsubscribe: int, restrict: int, suppress: str) -> None:
    """An unsubscription, a restriction, a suppression."""
    from mandata.audience import services
    from mandata.audience.rules.bases import Reason
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    made = _shop(told)
    with scope(made.id):
        services.unsubscribe(subscriber_id=UUID(told["people"][unsubscribe]), actor=made.actor, at=now())
        services.restrict(subscriber_id=UUID(told["people"][restrict]), actor=made.actor, at=now())
        services.suppress(email=suppress, reason=Reason.OBJECTION, actor=made.actor, at=now())


def sequence(told: Said) -> int:
    from mandata.infra.clock import now
    from mandata.record.services import sequence_due

    del told
    return sequence_due(at=now())


def ship(told: Said) -> int:
    from mandata.backups.services.shipping import ship_due
    from mandata.infra.clock import now

    del told
    return ship_due(at=now()) + ship_due(at=now())  # a timeline's history goes after the first file of its log


def settle_all(told: Said) -> None:
    """What the worker's loops do all the time: places for entries, a fresh recovery copy, everything shipped."""
    sequence(told)
    keep_keys(told)
    ship(told)


def begin(told: Said) -> Said:
    """What has happened before the first backup: a file waits, one campaign is being sent, another is to be frozen."""
    said = {"upload": upload(told), "campaign": launch(told), "unfrozen": launch_unfrozen(told)}
    sequence(told)
    return said


def go_on(told: Said, campaign: str, unfrozen: str) -> Said:
    """What happens after the last backup; the answer tells it, and how the installation looks then."""
    said: Said = {"sent": send_some(told, campaign, count=5, settle=3)}
    freeze(told, unfrozen)
    said["sent_later"] = send_some(told, unfrozen, count=2, settle=1)
    erase(told, number=7)
    withdraw(told, unsubscribe=5, restrict=6, suppress="never@inbox.example")
    said["new_people"] = more_people(told, count=2, prefix="late")
    settle_all(told)
    said["before"] = look(told)
    settle_all(told)
    return said


def keep_keys(told: Said) -> str:
    from mandata.infra.clock import now
    from mandata.vault import recovery

    del told
    return recovery.keep(at=now()).name


def turn(told: Said) -> None:
    """A new epoch for the shop."""
    from mandata.infra.clock import now
    from mandata.vault import turning

    turning.turn(_shop(told).id, at=now())


def newest_note(told: Said) -> Said:
    """The shop's newest head, as it is handed over."""
    from mandata.infra.tenancy import scope
    from mandata.record import selectors as record

    with scope(_shop(told).id):
        head = record.head()
        assert head is not None
        return {"size": head.size, "note": head.note}


def register_measure(told: Said, code: str) -> None:
    """The operator has stated how a measure is carried out."""
    from mandata.agreements.services import measures
    from mandata.infra.clock import new_id, now

    del told
    measures.register(
        code=code,
        description="Backups are restored as docs/restoring.md says.",
        owner="head of operations",
        checked_on=now().date(),
        by=new_id(),
        at=now(),
    )


def drills(told: Said) -> Said:
    """What is kept of drills."""
    from mandata.agreements import selectors
    from mandata.backups.models import Restore
    from mandata.infra.tenancy import INSTANCE, scope
    from mandata.record import selectors as record

    del told
    with scope(INSTANCE):
        rows = Restore.objects.filter(kind="drill").order_by("began_at").values_list("id", "held")
        checked = [entry.body for entry in record.entries(kind="measure.checked") if "evidence" in entry.body]
        entries = [entry.body for entry in record.entries(kind="backups.drilled")]
        measure = next(row for row in selectors.measures() if row.code == "restore")
        return {
            "rows": list(rows),
            "entries": entries,
            "checked": checked[0] if checked else None,
            "measure": {"checked_on": measure.checked_on, "next_on": measure.next_on},
        }


def drill_is_due(told: Said, days_later: int) -> Said:
    """Whether a drill is due so many days later, and whether the worker's loop starts one."""
    from datetime import timedelta

    from mandata.backups.services import drills as kept
    from mandata.infra.clock import now

    del told
    at = now() + timedelta(days=days_later)
    due = kept._is_due(at)
    kept.drill_due(at=at)
    child = kept._child
    if child is not None:
        child.wait(60)
    return {"due": due, "started": child is not None}


def raid(told: Said, recovery: str = "") -> Said:
    """What somebody gets who has the database, the keys folder, and, with `recovery`, the newest recovery copy and its
    identity: every way past the application. `sealed` says whose identity lies there, `opened` whose can be read."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from mandata.backups import fetching
    from mandata.infra import bulk, stores
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope
    from mandata.vault import recovery as copies
    from mandata.vault import rules
    from mandata.vault.errors import DoesNotOpen
    from mandata.vault.providers import provider

    shop = UUID(told["shop"])
    with scope(shop):
        old = bulk.execute("select holder, wrapped from vault_subject_key", [])
        sealed = dict(bulk.execute("select id, identity from audience_subscriber", []))
    if recovery:
        store = stores.store(os.environ["RAIDED_STORE"])
        copies.recover(store, fetching.identities(Path(recovery)), at=now())
    with scope(shop):
        wraps = [*old, *bulk.execute("select holder, wrapped from vault_subject_key", [])]
    epochs = [AESGCM(provider().epoch_key(who, number)) for who, number in provider().epochs()]
    opened = {}
    for holder, wrapped in wraps:
        for epoch in epochs:
            try:
                key = rules.unwrap(epoch, shop, holder.bytes, bytes(wrapped))
                place = rules.place_data(shop, "audience_subscriber.identity")
                opened[str(holder)] = rules.unseal(key, place, holder, bytes(sealed[holder])).decode()
            except (DoesNotOpen, KeyError):
                continue
    return {"sealed": [str(one) for one in sealed], "opened": opened, "epochs": len(epochs)}


def look(told: Said) -> Said:
    """What the installation says of itself."""
    from mandata.audience import selectors
    from mandata.audience.models import Import, Subscriber, Subscription, Suppression, UploadChunk
    from mandata.campaigns import selectors as campaigns
    from mandata.delivery.models import Message
    from mandata.holdings.models import Erasure
    from mandata.infra import restoring
    from mandata.infra.tenancy import INSTANCE, scope
    from mandata.record import selectors as record

    with scope(INSTANCE):
        instance = [entry.kind for entry in record.entries(limit=400)]
    with scope(_shop(told).id):
        rows = list(Subscriber.objects.values_list("id", flat=True))
        opened = selectors.identities(rows)
        return {
            "open": not restoring.closed(),
            "people": {str(one): opened.get(one, {}).get("email") for one in rows},
            "restricted": list(Subscriber.objects.exclude(restricted_at=None).values_list("id", flat=True)),
            "unsubscribed": list(
                Subscription.objects.filter(state="unsubscribed").values_list("subscriber_id", flat=True)
            ),
            "suppressed": Suppression.objects.count(),
            "erasures": list(Erasure.objects.values_list("id", flat=True)),
            "campaigns": {str(row.id): row.state for row in campaigns.campaigns()},
            "messages": [
                [str(campaign), str(person), number, state]
                for campaign, person, number, state in Message.objects.values_list(
                    "campaign_id", "subscriber_id", "number", "state"
                )
            ],
            "imports": [[str(one), state] for one, state in Import.objects.values_list("id", "state")],
            "uploads": UploadChunk.objects.count(),
            "record": [entry.kind for entry in record.entries(limit=1000)],
            "entries": record.size(),
            "instance": instance,
        }


def _shop(told: Said) -> Any:
    from mandata.foundation.actors import Actor
    from tests.delivery.mailing import Shop

    return Shop(UUID(told["shop"]), Actor("member", UUID(told["actor"])), UUID(told["list"]))


if __name__ == "__main__":
    verb, arguments = sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    Path(os.environ["MANDATA_VAR"]).mkdir(parents=True, exist_ok=True)
    with connected():
        django()
        answer = globals()[verb](**arguments)
    sys.stdout.write(json.dumps(answer, default=str) + "\n")

"""The verbs: take, prune, verify, ship; and the worker's loops."""

from mandata.backups.services.pruning import Pruned, prune
from mandata.backups.services.scheduling import backup_due, take_due
from mandata.backups.services.settings import Target, place, plan, source, target
from mandata.backups.services.shipping import ship_due
from mandata.backups.services.source import Source
from mandata.backups.services.taking import Taken, take
from mandata.backups.services.verifying import Verdict, verify

__all__ = [
    "Pruned",
    "Source",
    "Taken",
    "Target",
    "Verdict",
    "backup_due",
    "place",
    "plan",
    "prune",
    "ship_due",
    "source",
    "take",
    "take_due",
    "target",
    "verify",
]

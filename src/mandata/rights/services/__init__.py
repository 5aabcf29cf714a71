"""The verbs of the rights desk: keyword-only, each a change, its step in the timeline and its entry in the record at
once.
"""

from mandata.rights.services.answers import expire, fetch
from mandata.rights.services.desk import answer, extend, preview, reach_manual, refuse, show
from mandata.rights.services.intake import confirm, confirm_by_hand, receive

__all__ = [
    "answer",
    "confirm",
    "confirm_by_hand",
    "expire",
    "extend",
    "fetch",
    "preview",
    "reach_manual",
    "receive",
    "refuse",
    "show",
]

"""The verbs of the rights desk: keyword-only, each a change, its step in the timeline and its entry in the record at
once.
"""

from mandata.rights.services.answers import fetch, take
from mandata.rights.services.bulk import order as order_many
from mandata.rights.services.bulk import run as run_many
from mandata.rights.services.confirming import confirm, confirm_by_hand
from mandata.rights.services.desk import answer, extend, lift, preview, reach_manual, show
from mandata.rights.services.households import receive_household
from mandata.rights.services.identity import doubt, give, identify, look, settle
from mandata.rights.services.intake import receive
from mandata.rights.services.keeping import expire
from mandata.rights.services.mails import inbox, original
from mandata.rights.services.papers import handed_over, printed
from mandata.rights.services.refusing import ask_fee, fee_paid, refuse
from mandata.rights.services.sorting import sort
from mandata.rights.services.transmitting import deliver, transmit

__all__ = [
    "answer",
    "ask_fee",
    "confirm",
    "confirm_by_hand",
    "deliver",
    "doubt",
    "expire",
    "extend",
    "fee_paid",
    "fetch",
    "give",
    "handed_over",
    "identify",
    "inbox",
    "lift",
    "look",
    "order_many",
    "original",
    "preview",
    "printed",
    "reach_manual",
    "receive",
    "receive_household",
    "refuse",
    "run_many",
    "settle",
    "show",
    "sort",
    "take",
    "transmit",
]

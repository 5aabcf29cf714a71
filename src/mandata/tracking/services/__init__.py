"""Tracking's verbs: take in what the door spooled.

Unsubscriptions have a stream and a loop of their own, so that they wait behind nothing. Events wait until it can be
told whether links were followed at once. Each batch is one transaction together with the mark of how far the segment
was taken, so that a record counts once, whatever is killed.
"""

from mandata.tracking.services.choices import choose
from mandata.tracking.services.events import take_events
from mandata.tracking.services.links import drop_links
from mandata.tracking.services.unsubscriptions import take_unsubscriptions, unsubscribe

__all__ = ["choose", "drop_links", "take_events", "take_unsubscriptions", "unsubscribe"]

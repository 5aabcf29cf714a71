"""The verbs of delivery. Members' verbs run inside the controller's scope; the engine's open it themselves."""

from mandata.delivery.services.demands import demands
from mandata.delivery.services.domains import add_domain, remove_domain, verify_domain
from mandata.delivery.services.hosts import add_host, check_host, remove_host
from mandata.delivery.services.keys import turn_keys
from mandata.delivery.services.launching import (
    audience,
    cancel,
    checklist,
    decide_unknown,
    facts,
    launch,
    pause,
    release,
    resume,
)
from mandata.delivery.services.replaying import Replayed, replay
from mandata.delivery.services.returning import receive_return
from mandata.delivery.services.tending import tend_due
from mandata.delivery.services.trying import test_send

__all__ = [
    "Replayed",
    "add_domain",
    "add_host",
    "audience",
    "cancel",
    "check_host",
    "checklist",
    "decide_unknown",
    "demands",
    "facts",
    "launch",
    "pause",
    "receive_return",
    "release",
    "remove_domain",
    "remove_host",
    "replay",
    "resume",
    "tend_due",
    "test_send",
    "turn_keys",
    "verify_domain",
]

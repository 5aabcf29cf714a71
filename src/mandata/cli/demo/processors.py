"""Example sub-processors: those that the agreement names, a few invented ones, and one more announced.

Of the companies that the agreement names only name and seat are told: no contract and no mechanism is on file, so the
gate lets nothing go there. Everything about the others is invented.
"""

from datetime import date, timedelta
from typing import Final

from mandata.accounts import selectors as accounts
from mandata.cli.demo.cast import PEOPLE
from mandata.cli.demo.stage import Stage
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.subprocessors import selectors
from mandata.subprocessors.services import changes, register
from mandata.subprocessors.services.register import Details, Resting

_NAMED: Final = (
    ("Amazon.com Inc.", "US"),
    ("Google Ireland Ltd.", "IE"),
    ("MessageBird B.V.", "NL"),
    ("Twilio Inc.", "US"),
    ("CyberPanda, s.r.o. (Email list verify)", "CZ"),
    ("The Apache Software Foundation (SpamAssassin)", "US"),
    ("Recombee s.r.o.", "CZ"),
    ("ZooControl s.r.o. (Go Sms)", "CZ"),
)
_DAY: Final = date(2026, 1, 5)
_RELAY: Final = "Example Relay a.s."
_SHIELD: Final = "Yesterday's Mailers, Inc. (example)"
_NEW: Final = "Newcomer Statistics GmbH (example)"
_INVENTED: Final = (
    Details(
        _RELAY,
        "delivery of e-mail",
        "CZ",
        purposes=("sending campaigns", "receiving what comes back"),
        categories=("email", "messages"),
        address="7 Pigeon Street, 110 00 Prague",
        contact="privacy@relay.example",
        privacy_url="https://relay.example/privacy",
        contract_on=_DAY,
        contract_evidence="contract 1 of the example",
    ),
    Details(
        "Example Racks s.r.o.",
        "racks and power",
        "CZ",
        parent=_RELAY,
        contact="privacy@racks.example",
        contract_on=_DAY,
        contract_evidence="annex to contract 1",
    ),
    Details(
        "Example Coders s.r.o.",
        "programming under a contract of cooperation",
        "CZ",
        classes=("specialists",),
        contact="privacy@coders.example",
        contract_on=_DAY,
        contract_evidence="contract 2 of the example",
    ),
    Details(
        _SHIELD,
        "delivery of e-mail overseas",
        "US",
        contact="privacy@yesterday.example",
        contract_on=date(2017, 3, 1),
        contract_evidence="contract 3 of the example",
    ),
)


def registered() -> None:
    """Fill the public register before anybody accepts: what stands in it then is part of the agreement."""
    at, operator = now(), _operator()
    for name, country in _NAMED:
        if not selectors.exists(name):
            details = Details(name, "named in the agreement", country)
            register.add(details, actor=operator, at=at, active=True)
    for details in _INVENTED:
        if not selectors.exists(details.name):
            register.add(details, actor=operator, at=at, active=True)
    if not selectors.find(_SHIELD).mechanisms:
        shield = Resting("privacy_shield", date(2016, 8, 1), struck_down_on=date(2020, 7, 16), reference="2016/1250")
        register.mechanism(_SHIELD, shield, actor=operator, at=at)


def announced(stage: Stage) -> None:
    """Announce one more, and wait until the bakery has been told by its own agreement."""
    if not selectors.exists(_NEW):
        details = Details(
            _NEW,
            "statistics of reading",
            "DE",
            purposes=("counting opens and clicks",),
            contact="privacy@newcomer.example",
            contract_on=_DAY,
            contract_evidence="contract 4 of the example",
        )
        register.add(details, actor=_operator(), at=now())
        planned = (now() + timedelta(days=60)).replace(hour=0, minute=0, second=0, microsecond=0)
        changes.announce(kind="add", subprocessor=_NEW, planned_for=planned, actor=_operator(), at=now())
    stage.wait("Telling of a new sub-processor", 1, lambda: _told(stage))
    with scope(stage.controller_id):
        gate = {one.name: one.verdict for one in selectors.authorised(now=now())}
    stage.figures["subprocessors"] = len(selectors.register())
    stage.figures["subprocessors_shut"] = sum(not verdict.allowed for verdict in gate.values())
    stage.expect(gate[_RELAY].allowed, "the relay, on the list at the acceptance, is not authorised")
    stage.expect(gate[_SHIELD].code == "transfer.mechanism", "the Privacy Shield still opens the gate")


def _told(stage: Stage) -> int:
    with scope(stage.controller_id):
        return sum(one.change.name == _NEW for one in selectors.notices(at=now()))


def _operator() -> Actor:
    return Actor("operator", accounts.user_by_email(PEOPLE["operator"][0]))

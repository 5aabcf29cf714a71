"""What a receiver does to single letters of a campaign, as PostgreSQL has it afterwards."""

from pathlib import Path

import pytest

from mandata.delivery import selectors
from mandata.delivery.engine.worker import Worker
from mandata.delivery.models import Message
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.vault.services import token_keys
from tests.delivery.mailing import shop
from tests.delivery.scripted import Gone, Scripted, Talk
from tests.delivery.storm.content import SHORT

ENVELOPE = {1: "450 4.2.0 busy", 2: "550 5.1.1 nobody", 3: "552 5.2.2 full"}
CONTENT = {4: "451 4.3.0 later", 5: "554 5.7.1 spam", 6: "drop", 7: "no reply at all"}
STATES = {1: "deferred", 2: "failed", 3: "failed", 4: "deferred", 5: "failed", 6: "unknown", 7: "unknown"}
PEOPLE = 40


def number(recipient: str) -> int:
    return int(recipient.partition("@")[0].removeprefix("reader"))


def receiver(talk: Talk) -> None:
    def dot(recipient: str) -> str:
        answer = CONTENT.get(number(recipient), "250 stored")
        if answer == "drop":
            raise Gone
        return answer

    talk.greet("PIPELINING", "8BITMIME")
    talk.serve(rcpt=lambda to: ENVELOPE.get(number(to), "250 ok"), dot=dot)


@pytest.mark.req("DLV-5")
@pytest.mark.parametrize("connections", [1, 4])
def test_each_is_in_its_state_and_the_unknown_are_listed(database: Urls, tmp_path: Path, connections: int) -> None:
    bakery = shop()
    people = bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    with Scripted(receiver) as server:
        settings = SmtpSettings("127.0.0.1", server.port, connections=connections, patience=60.0)
        Worker(
            transport=SmtpTransport(settings), keys=token_keys(), domain="returns.test", folder=tmp_path / "journals",
            patience=2.0, only=frozenset({bakery.id}),
        ).run()  # fmt: skip
        taken = sorted(number(recipient) for recipient, _ in server.received)
    with scope(bakery.id):
        rows = dict(Message.objects.filter(campaign_id=campaign).values_list("subscriber_id", "state"))
        listed = len(selectors.unknown(campaign))
    assert {place: rows[person] for place, person in enumerate(people)} == {
        place: STATES.get(place, "sent") for place in range(PEOPLE)
    }
    assert taken == [place for place in range(PEOPLE) if place not in STATES], "nobody but these, and each once"
    assert listed == 2
    assert bakery.states(campaign) == {"sent": PEOPLE - 7, "deferred": 2, "failed": 3, "unknown": 2}

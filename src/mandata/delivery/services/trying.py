"""The test send: one message of a campaign, as somebody would get it, to a member's own address."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import services as gates
from mandata.agreements.rules.facts import SERVICE, ProcessFacts
from mandata.campaigns import selectors as campaigns
from mandata.campaigns.rules.merging import display_name
from mandata.delivery import selectors
from mandata.delivery.errors import NotProven, NotSent
from mandata.delivery.rendering.compiled import Compiled, Recipient
from mandata.delivery.services import roads
from mandata.delivery.services.handing import hand_over
from mandata.delivery.services.keys import signing_keys
from mandata.delivery.signing import Signer
from mandata.delivery.transports.port import Letter
from mandata.foundation.actors import Actor
from mandata.foundation.addresses import on_the_wire
from mandata.foundation.tokens import mint_many, references
from mandata.record.services import append
from mandata.vault.services import token_keys

MOST: Final = 5
NO_MESSAGE: Final = 0
"""The message number of a test: its links lead on, but count for nobody."""


def test_send(*, campaign_id: UUID, to: Sequence[str], fields: Mapping[str, Any], actor: Actor, at: datetime) -> int:
    """Send the campaign as a person with these values would get it, signed, to up to five addresses; return how many
    were taken.

    Raises GateRefused, NotProven, NoSuchCampaign, ContentNotReady, Unrenderable; NotSent with the receiver's words
    where one was refused.
    """
    gates.ask(ProcessFacts("send", purpose=SERVICE), about=campaign_id, actor=actor, at=at)
    roads.ask(campaign_id, actor=actor, at=at)
    found = campaigns.sendable(campaign_id)
    domain = found.sender_address.rpartition("@")[2].lower()
    if not selectors.may_send_from(found.sender_address):
        raise NotProven(
            _("The sending domain %(domain)s is not verified.") % {"domain": domain or "?"},
            clause="sending.domain",
            remedy=_("Set the DNS records shown for the domain, and check them."),
        )
    compiled, keys = Compiled.from_bytes(found.data), token_keys()
    tokens = mint_many(keys, references(keys, [(found.number, NO_MESSAGE)])[0], compiled.tokens)
    sender = f"{tokens[compiled.bounce_index]}@{selectors.return_domain(domain)}"

    letters = [
        Letter(key, sender, address, compiled.fill(Recipient(address, fields, display_name(fields)), tokens, at))
        for key, address in enumerate(map(on_the_wire, list(to)[:MOST]))
    ]
    wanted = len(letters)
    outcomes = hand_over(letters, signer=Signer(signing_keys(domain)), at=at)
    refused = [outcome for outcome in outcomes if outcome.fate != "sent"]
    if refused and refused[0].fate == "returned":
        raise NotSent(
            _("The test could not be sent: the mail server does not answer."),
            remedy=_("Check MANDATA_SMTP_URL or the transports, and that the servers behind them run."),
            evidence={"reason": refused[0].diagnostic},
        )
    if refused:
        raise NotSent(
            _("The test was refused: %(words)s") % {"words": f"{refused[0].code} {refused[0].diagnostic}"},
            remedy=_("Check the address and try again."),
        )
    body: dict[str, object] = {"campaign": campaign_id, "messages": wanted}
    append(kind="campaign.tested", body=body, actor=actor, at=at)
    return wanted


test_send.__test__ = False  # type: ignore[attr-defined]  # its name is not a test's

"""The bakery proves its sending domain, writes its newsletter, passes the gate and sends."""

import json
from dataclasses import dataclass
from uuid import UUID

from mandata.campaigns import selectors as campaigns
from mandata.campaigns import services as writing
from mandata.campaigns.rules.content import Content, Format
from mandata.cli.demo.stage import CAMPAIGN, DOMAIN, Stage
from mandata.delivery import selectors as delivery
from mandata.delivery import services as sender
from mandata.foundation.errors import Fault
from mandata.infra.clock import now
from mandata.infra.tenancy import scope

_SETTLED = ("sent", "failed", "unknown", "cancelled", "deferred")


def verify_domain(stage: Stage) -> None:
    """Add the sending domain, publish its records on the local name server, and have them checked."""
    with scope(stage.controller_id):
        known = delivery.domains()
        domain_id = known[0].id if known else sender.add_domain(name=DOMAIN, actor=stage.owner, at=now())
        _publish(stage)
    stage.wait("Checking the domain's records", 1, lambda: _checked(stage, domain_id))
    stage.figures["domain"] = DOMAIN


def _checked(stage: Stage, domain_id: UUID) -> int:
    with scope(stage.controller_id):
        if not delivery.is_verified(DOMAIN):
            sender.verify_domain(domain_id=domain_id, actor=stage.owner, at=now())
        return int(delivery.is_verified(DOMAIN))


def _publish(stage: Stage) -> None:
    """Put the records that the console shows where the local name server reads them, as a domain's owner would."""
    records = [[record.name, record.type, record.value] for record in delivery.domains()[0].records]
    stage.zone.write_text(json.dumps(records, indent=1))


def compose(stage: Stage) -> None:
    """Write the campaign from examples/newsletter.mjml, unless it is there."""
    with scope(stage.controller_id):
        known = [row for row in campaigns.campaigns() if row.name == CAMPAIGN]
        stage.campaign_id = known[0].id if known else _write(stage)
        checks = sender.checklist(stage.campaign_id, at=now())
    stage.figures["checks"] = len(checks)
    for check in checks:
        stage.expect(check.allowed, f"the gate refuses: {check.title}: {check.remedy}")


def _write(stage: Stage) -> UUID:
    content = Content(
        format=Format.MJML,
        source=(stage.examples / "newsletter.mjml").read_text(),
        subject="{{ first_name | default: 'Good morning' }}, the autumn newsletter is out of the oven",
        preheader="Plum cake, rye with caraway, and Saturday's open bakehouse",
        from_name="Demo Bakery",
        from_address=f"hello@{DOMAIN}",
        reply_to=f"hello@{DOMAIN}",
        language="en",
    )
    return writing.create(name=CAMPAIGN, actor=stage.marketer, at=now(), list_id=stage.list_id, content=content)


@dataclass(frozen=True, slots=True)
class _Progress:
    state: str
    recipients: int
    settled: int


def send(stage: Stage) -> None:
    """Launch the campaign and wait until every recipient has been tried once."""
    with scope(stage.controller_id):
        if campaigns.find(stage.campaign_id).row.state == "draft":
            sender.launch(campaign_id=stage.campaign_id, actor=stage.marketer, at=now())
    stage.wait("Freezing the audience", 1, lambda: int(_progress(stage).state not in ("draft", "launching")))
    stage.wait("Sending", _progress(stage).recipients, lambda: _progress(stage).settled)
    with scope(stage.controller_id):
        totals = delivery.totals(stage.campaign_id)
        recipients = campaigns.find(stage.campaign_id).row.recipients
    stage.figures |= {"recipients": recipients, **{f"messages_{state}": count for state, count in totals.items()}}
    stage.expect(sum(totals.values()) == recipients, f"{recipients} recipients, but {totals} messages")
    stage.expect(totals.get("sent", 0) > 0.9 * recipients, "fewer than nine of ten messages were taken")
    stage.expect(not totals.get("unknown"), "there are unknown outcomes without a crash")


def _progress(stage: Stage) -> _Progress:
    with scope(stage.controller_id):
        row = campaigns.find(stage.campaign_id).row
        totals = delivery.totals(stage.campaign_id)
    if row.state == "draft":
        raise Fault("The campaign went back to its writer.", remedy="Look at its checks in the console.")
    return _Progress(row.state, row.recipients, sum(totals.get(state, 0) for state in _SETTLED))

"""Tables of the campaigns."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Number(models.Model):
    """Scope-free: the installation-wide number of a campaign, which its messages' tokens carry."""

    number = models.BigAutoField(primary_key=True)
    controller_id = models.UUIDField()
    campaign_id = models.UUIDField(unique=True)

    class Meta:
        db_table = "campaigns_number"


class Active(models.Model):
    """Scope-free: campaigns with work due, for delivery to find."""

    campaign_id = models.UUIDField(primary_key=True)
    controller_id = models.UUIDField()
    due_at = models.DateTimeField()
    urgency = models.SmallIntegerField(default=1, db_default=1)  # 0: transactional, somebody waits; 1: sent to many

    class Meta:
        db_table = "campaigns_active"


class Campaign(ScopedModel):
    """A campaign: its content, its list, its state."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.BigIntegerField()  # campaigns_number
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=12, default="draft")
    list_id = models.UUIDField(null=True)
    language = models.CharField(max_length=8, default="en")
    subject = models.CharField(max_length=400, blank=True)
    preheader = models.CharField(max_length=400, blank=True)
    sender_name = models.CharField(max_length=120, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    body_kind = models.CharField(max_length=6, default="mjml")
    body = models.TextField(blank=True)
    track_opens = models.BooleanField(default=True)
    track_clicks = models.BooleanField(default=True)
    compiled = models.BinaryField(null=True)
    compiled_digest = models.BinaryField(null=True)
    findings = models.JSONField(default=dict)  # what compiling found: size, links, unsubscribe, postal address, errors
    revision = models.IntegerField(default=0)
    recipients = models.BigIntegerField(default=0)  # frozen at launch
    created_by = models.UUIDField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    launched_by = models.UUIDField(null=True)
    launched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    held_from = models.CharField(max_length=12, blank=True, default="")  # the state to which a release goes back
    held_reason = models.CharField(max_length=20, blank=True, default="")  # a code

    class Meta:
        db_table = "campaigns_campaign"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="campaigns_campaign_number"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["draft", "launching", "sending", "paused", "held", "finished", "cancelled"]
                ),
                name="campaigns_campaign_state",
            ),
            models.CheckConstraint(
                condition=models.Q(body_kind__in=["mjml", "html"]), name="campaigns_campaign_body_kind"
            ),
        ]


class Link(ScopedModel):
    """A numbered link of a campaign: what a click's token leads to."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "number")
    campaign_id = models.UUIDField()
    number = models.IntegerField()
    url = models.TextField()
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "campaigns_link"

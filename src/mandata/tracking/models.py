"""Tables of tracking. `Event` is partitioned by month and written in bulk; the model is for reading."""

from django.db import models

from mandata.infra.tenancy import ScopedModel


class SpoolMark(models.Model):
    """Scope-free: how far a spool segment has been taken in, moved in the same transaction as its rows."""

    segment = models.CharField(max_length=120, primary_key=True)
    offset = models.BigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        db_table = "tracking_spoolmark"


class Event(ScopedModel):
    """Something a recipient (or a machine in its place) did. After erasure the subscriber is null: a statistic
    remains."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "at")  # for Django; nothing refers to an event
    at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    campaign_id = models.UUIDField()
    subscriber_id = models.UUIDField(null=True)
    link = models.IntegerField()
    actor_class = models.CharField(max_length=10)
    signals = models.SmallIntegerField(default=0)  # rules.Signal
    agent = models.CharField(max_length=40)
    network = models.CharField(max_length=24)
    country = models.CharField(max_length=2, default="")  # of the network class, where there is a file of countries

    class Meta:
        db_table = "tracking_event"
        managed = False


class First(ScopedModel):
    """A message's first human open, click on a link, unsubscription: what makes figures unique. Keyed by the
    message's number."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "message", "kind", "link")
    campaign_id = models.UUIDField()
    message = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    link = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "tracking_first"


class Counter(ScopedModel):
    """Figures of a campaign, kept as events come in: by kind, class, hour and provider, with -1 for any link; or by
    kind, class and link, without hour (1970) and provider."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "hour", "kind", "actor_class", "link", "provider")
    campaign_id = models.UUIDField()
    hour = models.DateTimeField()
    kind = models.CharField(max_length=12)
    actor_class = models.CharField(max_length=10)
    link = models.IntegerField()
    provider = models.CharField(max_length=40)
    count = models.BigIntegerField()
    uniques = models.BigIntegerField()

    class Meta:
        db_table = "tracking_counter"


class Reason(ScopedModel):
    """How often a campaign's events were classed by the same signals: what a report explains machines by."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "kind", "actor_class", "signals")
    campaign_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    actor_class = models.CharField(max_length=10)
    signals = models.SmallIntegerField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "tracking_reason"


class Choice(ScopedModel):
    """How reactions are measured: of one campaign, or, by the controller's own id, of all.

    `individual`: who opened and clicked is kept, else counts only; `agreed`: the agreement lets it (the controller's
    row only). `web`: visits of the controller's own site that follow a click are taken in.
    """

    pk = models.CompositePrimaryKey("controller_id", "about")
    about = models.UUIDField()
    individual = models.BooleanField(default=True)
    agreed = models.BooleanField(default=True)
    web = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "tracking_choice"

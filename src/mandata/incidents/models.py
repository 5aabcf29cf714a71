"""Tables of incidents: what is common to all stands in the installation's scope, the rest in each controller's."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Breach(ScopedModel):
    """A breach as the operator knows it, or a drill of one. Installation's scope; its words name no controller."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    title = models.CharField(max_length=120)  # for the operator only
    drill = models.BooleanField(default=False)
    origin = models.CharField(max_length=12, default="own")
    reported_by = models.UUIDField(null=True)  # the controller whose report began it
    found = models.CharField(max_length=300, blank=True)  # how it was found
    kinds = models.JSONField(default=list)
    certain = models.BooleanField(default=True)
    forbidden = models.CharField(max_length=300, blank=True)  # the law that forbids to tell
    believed_at = models.DateTimeField()
    aware_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    nature = models.TextField(blank=True)  # what is told; empty is not yet known
    consequences = models.TextField(blank=True)
    measures = models.TextField(blank=True)
    effects = models.TextField(blank=True)  # for the register (Art. 33(5) GDPR)
    state = models.CharField(max_length=10, default="open")
    revision = models.IntegerField(default=1)  # of what is to be told; moves with facts and counts
    telling = models.IntegerField(default=0)  # the revision that everybody affected is to have been told of
    counted_at = models.DateTimeField(null=True)
    count_seconds = models.FloatField(null=True)
    result = models.JSONField(default=dict)  # what a drill measured: times and counts
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    contained_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incidents_breach"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number", "drill"], name="incidents_breach_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "contained", "closed"]), name="incidents_breach_state"
            ),
            models.CheckConstraint(
                condition=models.Q(origin__in=["own", "subprocessor", "controller", "other"]),
                name="incidents_breach_origin",
            ),
        ]


class Filter(ScopedModel):
    """By what the scope of a breach is computed; several add up. Installation's scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    breach_id = models.UUIDField()
    wanted = models.JSONField(default=dict)  # holdings.breadth.Filter as JSON, with the controllers meant
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        db_table = "incidents_filter"
        indexes = [models.Index(fields=["controller_id", "breach_id"], name="incidents_filter_breach")]


class Affected(ScopedModel):
    """What the filters found at one controller, and how far it was told. Installation's scope: ids and counts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    breach_id = models.UUIDField()
    whose = models.UUIDField()
    subjects = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    places = models.JSONField(default=dict)  # holding -> [people, records]
    counted_at = models.DateTimeField()
    tried = models.IntegerField(default=0)  # the revision that somebody set out to tell it: it may know since then
    told = models.IntegerField(default=0)  # the revision it was told last
    again_at = models.DateTimeField(null=True)  # when it was found to be affected after it had been found not to be
    aware_at = models.DateTimeField(null=True)  # when the notice counted as delivered
    failure = models.CharField(max_length=60, blank=True)  # code of what keeps the notice from going

    class Meta:
        db_table = "incidents_affected"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "breach_id", "whose"], name="incidents_affected_once")
        ]


class Correction(ScopedModel):
    """A corrective measure of the register: what, which post, by when. Installation's scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    breach_id = models.UUIDField()
    what = models.CharField(max_length=400)
    post = models.CharField(max_length=120)
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True)
    proof = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        db_table = "incidents_correction"
        indexes = [models.Index(fields=["controller_id", "breach_id"], name="incidents_correction_breach")]


class Share(ScopedModel):
    """A breach as one controller meets it: its own counts, what it was told, what it did. In that controller's scope.

    ``aware_at`` is when we became aware, ``own_aware_at`` when the controller did; ``report`` its own words, if it was
    the one to report; ``form`` what its officer adds to the form for the authority.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    breach = models.UUIDField()
    number = models.IntegerField()
    drill = models.BooleanField(default=False)
    origin = models.CharField(max_length=12, default="processor")
    state = models.CharField(max_length=10, default="open")
    subjects = models.BigIntegerField(null=True)
    records = models.BigIntegerField(null=True)
    places = models.JSONField(default=dict)
    wanted = models.JSONField(default=list)  # the filters, without any controller
    facts = models.JSONField(default=dict)  # as told last
    aware_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    own_aware_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict)
    form = models.JSONField(default=dict)
    authority = models.CharField(max_length=10, blank=True)
    authority_at = models.DateTimeField(null=True)
    authority_by = models.UUIDField(null=True)
    authority_words = models.CharField(max_length=1000, blank=True)  # where the proof lies, or why none was needed
    delay = models.CharField(max_length=1000, blank=True)  # why later than 72 hours
    effects = models.TextField(blank=True)
    remedies = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "incidents_share"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "breach"], name="incidents_share_once"),
            models.UniqueConstraint(fields=["controller_id", "number", "drill"], name="incidents_share_number"),
            models.CheckConstraint(condition=models.Q(state__in=["open", "spared"]), name="incidents_share_state"),
            models.CheckConstraint(
                condition=models.Q(authority__in=["", "sent", "not_needed"]), name="incidents_share_authority"
            ),
        ]


class Phase(ScopedModel):
    """One notice to the controller: what it stated. In that controller's scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    share_id = models.UUIDField()
    revision = models.IntegerField()
    number = models.IntegerField()
    kind = models.CharField(max_length=10)
    served = models.UUIDField(null=True)
    facts = models.JSONField(default=dict)
    subjects = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    told_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # of a drill's notice, which opens no obligation

    class Meta:
        db_table = "incidents_phase"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "share_id", "revision"], name="incidents_phase_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["first", "update", "spared", "again"]), name="incidents_phase_kind"
            ),
        ]


class Step(ScopedModel):
    """A step of the timeline, in the installation's scope or in a controller's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    breach = models.UUIDField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)  # ids, codes and counts
    entry = models.UUIDField()  # in the record of the same scope

    class Meta:
        db_table = "incidents_step"
        indexes = [models.Index(fields=["controller_id", "breach", "at"], name="incidents_step_breach")]


class Telling(ScopedModel):
    """A message to data subjects on the controller's instruction (Art. 34 GDPR). In that controller's scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    share_id = models.UUIDField()
    number = models.IntegerField()
    heading = models.CharField(max_length=150)
    text = models.TextField()
    state = models.CharField(max_length=10, default="choosing")
    people = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    gone = models.BigIntegerField(default=0)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=60, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incidents_telling"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["choosing", "ready", "running", "done", "cancelled"]),
                name="incidents_telling_state",
            )
        ]
        indexes = [models.Index(fields=["controller_id", "share_id"], name="incidents_telling_share")]


class Recipient(ScopedModel):
    """Somebody who gets such a message, by the random reference; who is erased goes out of it."""

    pk = models.CompositePrimaryKey("controller_id", "telling_id", "subject")
    telling_id = models.UUIDField()
    subject = models.UUIDField()
    notice = models.UUIDField(null=True)

    class Meta:
        db_table = "incidents_recipient"
        indexes = [models.Index(fields=["controller_id", "subject"], name="incidents_recipient_subject")]


class Drilling(ScopedModel):
    """A controller takes part in drills: since when, by whom. In that controller's scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    by = models.UUIDField()
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incidents_drilling"
        constraints = [
            models.UniqueConstraint(
                fields=["controller_id"], condition=models.Q(ended_at=None), name="incidents_drilling_one"
            )
        ]

"""Tables of assistance. Whatever somebody wrote or handed over is sealed under the key of the row it belongs to."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Request(ScopedModel):
    """A document or help that one party asks the other for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    owed_by = models.CharField(max_length=12)  # "processor" or "controller": who is asked
    matter = models.CharField(max_length=24)
    state = models.CharField(max_length=12, default="open")
    sealed = models.BinaryField()  # held by the request's id: what is asked, what was answered
    received_at = models.DateTimeField()
    asked_by = models.CharField(max_length=60)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=60, default="")
    entries = models.JSONField(default=list)

    class Meta:
        db_table = "assistance_request"
        constraints = [models.UniqueConstraint(fields=["controller_id", "number"], name="assistance_request_number")]


class Proceeding(ScopedModel):
    """An authority's inspection or proceeding on the processing, told by one party to the other."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    told_by = models.CharField(max_length=12)
    state = models.CharField(max_length=12, default="open")
    sealed = models.BinaryField()  # held by the proceeding's id: authority, file number, what it is about
    opened_at = models.DateTimeField()
    told_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    entries = models.JSONField(default=list)

    class Meta:
        db_table = "assistance_proceeding"
        constraints = [models.UniqueConstraint(fields=["controller_id", "number"], name="assistance_proceeding_number")]


class Step(ScopedModel):
    """A word on a proceeding's progress, or its result."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    proceeding = models.UUIDField()
    kind = models.CharField(max_length=12)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    sealed = models.BinaryField()  # held by the proceeding's id

    class Meta:
        db_table = "assistance_step"
        indexes = [models.Index(fields=["controller_id", "proceeding", "at"], name="assistance_step_of")]


class Intake(ScopedModel):
    """What the controller tells for our part: an impact assessment, its data protection officer, a change of law."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=12, default="current")
    sealed = models.BinaryField()  # held by the intake's id: title, words, contact
    at = models.DateTimeField()
    by = models.CharField(max_length=60)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "assistance_intake"
        constraints = [models.UniqueConstraint(fields=["controller_id", "number"], name="assistance_intake_number")]


class File(ScopedModel):
    """A file that came with something: sealed under a key of its own, so that it can go by itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    about_kind = models.CharField(max_length=20)
    about = models.UUIDField()
    kind = models.CharField(max_length=20)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.BinaryField()
    sealed_name = models.BinaryField()
    sealed = models.BinaryField()
    at = models.DateTimeField()
    by = models.CharField(max_length=60)

    class Meta:
        db_table = "assistance_file"
        indexes = [models.Index(fields=["controller_id", "about"], name="assistance_file_about")]


class Work(ScopedModel):
    """Time that the operator's staff spent on something of a controller's: a line of a time sheet."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20)
    about_kind = models.CharField(max_length=20)
    about = models.UUIDField()
    day = models.DateField()
    minutes = models.IntegerField()
    beyond_usual = models.BooleanField(default=False)
    currency = models.CharField(max_length=3, default="")
    hour = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    costs = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    audit_of_year = models.IntegerField(default=1)
    by = models.UUIDField()
    at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    statement = models.UUIDField(null=True)

    class Meta:
        db_table = "assistance_work"
        indexes = [
            models.Index(fields=["controller_id", "day"], name="assistance_work_day"),
            models.Index(fields=["controller_id", "about"], name="assistance_work_about"),
        ]


class Statement(ScopedModel):
    """What a month's help comes to: its lines as they were billed, which nothing changes any more."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    month = models.DateField()
    at = models.DateTimeField()
    by = models.CharField(max_length=60)
    lines = models.JSONField()
    totals = models.JSONField()
    vat_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        db_table = "assistance_statement"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="assistance_statement_number"),
            models.UniqueConstraint(fields=["controller_id", "month"], name="assistance_statement_month"),
        ]


class Index(models.Model):
    """Scope-free: the increase of a statistic in a calendar year, as its office announced it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    index = models.CharField(max_length=20)
    year = models.IntegerField()
    percent = models.DecimalField(max_digits=7, decimal_places=2)
    source = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.UUIDField()

    class Meta:
        db_table = "assistance_index"
        constraints = [models.UniqueConstraint(fields=["index", "year"], name="assistance_index_year")]


class Tariff(models.Model):
    """Scope-free: the operator's price list of help; what an hour of a kind costs from a day on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    work = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    hour = models.DecimalField(max_digits=14, decimal_places=2)
    since = models.DateField()
    at = models.DateTimeField()
    by = models.UUIDField()

    class Meta:
        db_table = "assistance_tariff"
        constraints = [
            models.UniqueConstraint(fields=["work", "currency", "since"], name="assistance_tariff_since"),
        ]


class Waiting(models.Model):
    """Scope-free: what is open at the operator's desks, across controllers."""

    id = models.UUIDField(primary_key=True)  # of the thing
    controller_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    since = models.DateTimeField()

    class Meta:
        db_table = "assistance_waiting"
        indexes = [models.Index(fields=["kind", "since"], name="assistance_waiting_since")]

"""Tables of the holdings: the log of erasures, without personal data (SEC-5)."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Erasure(ScopedModel):
    """An erasure that was carried out: when, of which reference, how many rows in which holding, which key died."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.UUIDField()
    case_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)  # the erasure of many that it was a part of
    ground = models.CharField(max_length=40)
    counts = models.JSONField(default=dict)
    kept = models.JSONField(default=list)
    key_fingerprint = models.BinaryField()
    epoch = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "holdings_erasure"
        indexes = [
            models.Index(fields=["controller_id", "subject"]),
            models.Index(
                fields=["controller_id", "run_id", "id"],
                condition=models.Q(run_id__isnull=False),
                name="holdings_erasure_run_idx",
            ),
        ]


class Run(ScopedModel):
    """An erasure of many people: who was chosen how, on what ground, what the preview counted, how far it is.

    `cursor` is the last reference that was gone through in the present state; what is chosen lies in `Chosen`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    state = models.CharField(max_length=12, default="choosing")
    ground = models.CharField(max_length=40)
    source = models.CharField(max_length=12)  # list, filter, references
    wanted = models.JSONField(default=dict)  # the filter as it was: ids and codes
    people = models.IntegerField(default=0)
    cursor = models.UUIDField(null=True)
    seen = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)  # holding -> [delete, anonymise, keep], as the preview found them
    erased = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    asked_by = models.CharField(max_length=60)
    confirmed_by = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "holdings_run"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="holdings_run_number"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["choosing", "counting", "ready", "running", "stopped", "done", "cancelled"]
                ),
                name="holdings_run_state",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=["list", "filter", "references"]), name="holdings_run_source"
            ),
        ]


class Chosen(ScopedModel):
    """Somebody who is to be erased by a run, by the random reference; goes with the person. Who stays has failed."""

    pk = models.CompositePrimaryKey("controller_id", "run_id", "subject")
    run_id = models.UUIDField()
    subject = models.UUIDField()
    holdings = models.CharField(max_length=400, blank=True)  # where the erasure failed
    told = models.CharField(max_length=400, blank=True)  # how

    class Meta:
        db_table = "holdings_chosen"
        indexes = [models.Index(fields=["controller_id", "subject"])]


class Manual(ScopedModel):
    """A holding that no program reaches: paper, removable media, files kept by hand (RET-7). Names nobody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    place = models.CharField(max_length=200)
    category = models.CharField(max_length=400)
    subjects = models.CharField(max_length=200)
    purpose = models.CharField(max_length=400)
    retention = models.CharField(max_length=200)
    post = models.CharField(max_length=120)  # a post, not a person
    keeper = models.CharField(max_length=12, default="controller")
    registered_by = models.UUIDField(null=True)
    registered_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "holdings_manual"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["paper", "removable", "files"]), name="holdings_manual_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(keeper__in=["controller", "processor"]), name="holdings_manual_keeper"
            ),
        ]


class Task(ScopedModel):
    """What somebody must do in a manual holding because of a case, an erasure, or a batch of erasures."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    manual = models.UUIDField()
    act = models.CharField(max_length=12)
    about_kind = models.CharField(max_length=12)
    about = models.UUIDField()
    people = models.IntegerField(default=1)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=12, default="open")
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)
    found = models.IntegerField(null=True)  # how many things were found and dealt with
    remark = models.CharField(max_length=400, default="")  # addresses are cut
    evidence = models.CharField(max_length=200, default="")  # where the proof lies; addresses are cut

    class Meta:
        db_table = "holdings_task"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "about", "manual", "act"], name="holdings_task_once"),
            models.CheckConstraint(
                condition=models.Q(act__in=["find", "export", "rectify", "restrict", "lift", "erase"]),
                name="holdings_task_act",
            ),
            models.CheckConstraint(
                condition=models.Q(about_kind__in=["case", "erasure", "batch", "person"]), name="holdings_task_about"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "done", "dropped"]), name="holdings_task_state"
            ),
        ]
        indexes = [models.Index(fields=["controller_id", "state", "due_at"])]


class Sought(ScopedModel):
    """Whom an open task of an erasure is about: address and name, sealed under the erasure's own key, until done."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    about = models.UUIDField()
    subject = models.UUIDField()
    sealed = models.BinaryField()  # vault envelope held by `about`

    class Meta:
        db_table = "holdings_sought"
        indexes = [
            models.Index(fields=["controller_id", "about"]),
            models.Index(fields=["controller_id", "subject"]),
        ]

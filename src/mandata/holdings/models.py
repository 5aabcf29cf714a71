"""Tables of the holdings: the log of erasures, without personal data (SEC-5)."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Erasure(ScopedModel):
    """An erasure that was carried out: when, of which reference, how many rows in which holding, which key died."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.UUIDField()
    case_id = models.UUIDField(null=True)
    ground = models.CharField(max_length=40)
    counts = models.JSONField(default=dict)
    kept = models.JSONField(default=list)
    key_fingerprint = models.BinaryField()
    epoch = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "holdings_erasure"
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
                condition=models.Q(about_kind__in=["case", "erasure", "batch"]), name="holdings_task_about"
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

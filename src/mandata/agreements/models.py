"""Tables of the agreements: what was accepted and by whom, instructions, refusals."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Agreement(ScopedModel):
    """An accepted agreement with the evidence of its acceptance (AGR-1): who, when, from where, which exact text."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=12, default="in_force")
    terms = models.TextField()  # the exact TOML
    terms_digest = models.BinaryField()
    text = models.BinaryField()  # the exact text shown, as canonical JSON of the document
    text_digest = models.BinaryField()
    answers = models.JSONField(default=dict)
    accepted_by = models.UUIDField()  # member
    accepted_at = models.DateTimeField()
    accepted_network = models.CharField(max_length=60, blank=True)
    accepted_agent = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "agreements_agreement"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="agreements_agreement_number"),
            models.UniqueConstraint(
                fields=["controller_id"], condition=models.Q(state="in_force"), name="agreements_one_in_force"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["in_force", "superseded", "ended"]), name="agreements_agreement_state"
            ),
        ]


class Instruction(ScopedModel):
    """A documented instruction (INS-1): a standing one from the agreement, or a written one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=12)
    agreement = models.UUIDField()
    acts = models.JSONField(default=list)
    words = models.TextField(blank=True)
    given_by = models.UUIDField()
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "agreements_instruction"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="agreements_instruction_number"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["standing", "written"]), name="agreements_instruction_kind"
            ),
        ]


class Refusal(ScopedModel):
    """A refusal by a gate, kept once for each cause and thing refused."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    act = models.CharField(max_length=40)
    about = models.UUIDField()
    code = models.CharField(max_length=60)  # the check; its words are told in the reader's language
    clause = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=120, blank=True)
    evidence = models.JSONField(default=dict)
    reason = models.CharField(max_length=400)
    remedy = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "agreements_refusal"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "act", "about", "code"], name="agreements_refusal_once")
        ]

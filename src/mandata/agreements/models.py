"""Tables of the agreements: what was accepted and by whom, instructions, refusals, obligations, notices served.

Free text that people write (words of an instruction, reasons) is the controller's own and stays in its scope; none of
it enters the record.
"""

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
    effective_at = models.DateTimeField()  # binds from here on; later than the acceptance where a clause says so
    how = models.CharField(max_length=12, default="expressly")  # or "silence", where the clause says so
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
    """A documented instruction (INS-1): a standing one from the agreement, a written one, or a duty by law (INS-4).

    A written one may be questioned before it is carried out (INS-5); one beyond the agreement binds once the processor
    has agreed (INS-2). ``acts`` are codes of vocabulary "act"; ``scope`` and ``words`` say on what and how.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=12)
    agreement = models.UUIDField(null=True)  # None where the row lies in the installation's scope
    acts = models.JSONField(default=list)
    words = models.TextField(blank=True)
    given_by = models.UUIDField()
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    scope = models.CharField(max_length=300, blank=True)
    purpose = models.CharField(max_length=40, blank=True)
    beyond = models.BooleanField(default=False)
    state = models.CharField(max_length=12, default="in_force")
    concern = models.TextField(blank=True)  # what seems defective or unlawful, as the processor pointed it out
    concern_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)  # the operator's user who agreed or refused
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    law = models.CharField(max_length=300, blank=True)  # of a duty by law: which, and whether telling is forbidden
    untold = models.BooleanField(default=False)
    # Of one that must not be told: whose data. The row then lies in the installation's scope.
    controller = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        db_table = "agreements_instruction"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="agreements_instruction_number"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["standing", "written", "law"]), name="agreements_instruction_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["given", "questioned", "in_force", "refused", "done", "withdrawn"]),
                name="agreements_instruction_state",
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


class Suspension(ScopedModel):
    """The controller has suspended all processing of its data, at once and for as long as it says (SCC 2021/915,
    clause 10(a)).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reason = models.TextField(blank=True)
    by = models.UUIDField()  # member
    at = models.DateTimeField()
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "agreements_suspension"
        constraints = [
            models.UniqueConstraint(
                fields=["controller_id"], condition=models.Q(lifted_at=None), name="agreements_suspension_one"
            )
        ]


class Limit(ScopedModel):
    """The operator has limited or suspended the service (OPS-2): which acts are stopped, from when, by which clause.

    Asked by every gate (`selectors.ground`), so that it binds at its time and not at that of a job.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    acts = models.JSONField(default=list)  # codes of vocabulary "act"; ["*"] is all of them
    cap = models.IntegerField(null=True)  # recipients of one campaign
    clause = models.CharField(max_length=60, blank=True)
    decision = models.UUIDField()
    begins_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "agreements_limit"
        constraints = [models.UniqueConstraint(fields=["controller_id", "decision"], name="agreements_limit_once")]


class Proposal(ScopedModel):
    """A version of the terms announced to the controller, and what became of it (AGR-4)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    terms = models.TextField()  # the exact TOML
    digest = models.BinaryField()
    announced_by = models.UUIDField(null=True)
    announced_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    decide_until = models.DateTimeField(null=True)  # silence counts as the clause says from then on
    state = models.CharField(max_length=12, default="announced")
    decided_by = models.UUIDField(null=True)  # member; nobody where silence decided
    decided_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)  # of a refusal that ends the contract

    class Meta:
        db_table = "agreements_proposal"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="agreements_proposal_number"),
            models.UniqueConstraint(
                fields=["controller_id"], condition=models.Q(state="announced"), name="agreements_proposal_one"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["announced", "accepted", "silent", "refused", "withdrawn"]),
                name="agreements_proposal_state",
            ),
        ]


class Upstream(ScopedModel):
    """A controller for whom our controller is itself a processor (AGR-5); its contact is in clear."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    contact = models.CharField(max_length=254, blank=True)
    authorised_on = models.DateField()  # when it authorised the processing to be passed on to us, as warranted
    warranted_by = models.UUIDField()  # member
    warranted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "agreements_upstream"


class Template(models.Model):
    """Scope-free: an agreement of the operator's own, beside those that ship; read before a controller is known."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    terms = models.TextField()  # the exact TOML
    digest = models.BinaryField()
    by = models.UUIDField(null=True)  # user
    at = models.DateTimeField()

    class Meta:
        db_table = "agreements_template"
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="agreements_template_version")]


class Measure(models.Model):
    """Scope-free: how a technical or organisational measure is carried out, who answers for it, when it was checked.

    The register from which Annex III is drawn (SEC-8); ``code`` is one of the clauses' vocabulary, ``owner`` a post.
    """

    code = models.CharField(max_length=60, primary_key=True)
    description = models.TextField()
    owner = models.CharField(max_length=120)
    checked_on = models.DateField()
    next_on = models.DateField(null=True)
    by = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "agreements_measure"


class Obligation(ScopedModel):
    """A duty with a due time, opened by an event under a clause.

    ``strict`` is when our own duties are scheduled, ``statutory`` the first instant after the period; both move when
    the clock stands still (``Stay``). ``cause`` names the event, so that the same event opens a duty once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    duty = models.CharField(max_length=80)  # the clause
    kind = models.CharField(max_length=12, default="within")  # or window, ahead, after (rules.obligations.Kind)
    source = models.CharField(max_length=120, blank=True)
    agreement = models.UUIDField(null=True)
    cause = models.CharField(max_length=120)
    about_kind = models.CharField(max_length=40)
    about = models.UUIDField(null=True)
    owed_by = models.CharField(max_length=12)
    owed_to = models.CharField(max_length=12)
    post = models.CharField(max_length=120, blank=True, default="")  # which of a party's posts answers for it
    opened_at = models.DateTimeField()
    since = models.DateTimeField()
    period = models.CharField(max_length=40, blank=True)
    reckoning = models.JSONField(default=dict)  # regime, calendar with version, zone
    steps = models.JSONField(default=list)  # the explanation: message ids and their fillings
    strict = models.DateTimeField()
    statutory = models.DateTimeField()
    state = models.CharField(max_length=12, default="open")
    changed_at = models.DateTimeField()
    reminders = models.SmallIntegerField(default=0)  # how many of its reminders' times have been dealt with
    late_at = models.DateTimeField(null=True)  # when it was first seen to be late
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)
    entries = models.JSONField(default=list)  # ids of its entries in the record, in order

    class Meta:
        db_table = "agreements_obligation"
        indexes = [
            models.Index(fields=["controller_id", "state", "strict"]),
            models.Index(fields=["controller_id", "about"], name="agreements_obligation_about"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="agreements_obligation_number"),
            models.UniqueConstraint(fields=["controller_id", "duty", "cause"], name="agreements_obligation_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "met", "waived", "lapsed"]), name="agreements_obligation_state"
            ),
            models.CheckConstraint(
                condition=models.Q(strict__lte=models.F("statutory")), name="agreements_obligation_bias"
            ),
        ]


class Stay(ScopedModel):
    """An obligation's clock stands still, with ground and evidence (AGR-13)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    obligation = models.UUIDField()
    ground = models.CharField(max_length=40)
    evidence = models.TextField()
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    by = models.CharField(max_length=60)

    class Meta:
        db_table = "agreements_stay"
        constraints = [
            models.UniqueConstraint(
                fields=["controller_id", "obligation"], condition=models.Q(ends=None), name="agreements_stay_one_open"
            )
        ]


class Agenda(models.Model):
    """The open obligations of all controllers, each with when it is next to be looked at (None: no more, or while its
    clock stands still). Scope-free: the scheduler and the operator's inbox find by it which scopes have work.
    """

    obligation = models.UUIDField(primary_key=True)
    controller_id = models.UUIDField()
    at = models.DateTimeField(null=True)
    strict = models.DateTimeField()
    statutory = models.DateTimeField()
    owed_by = models.CharField(max_length=12)
    owed = models.BooleanField(default=True)  # gets late; a right, a wait and what has no figure do not
    standing = models.BooleanField(default=False)  # its clock stands still

    class Meta:
        db_table = "agreements_agenda"
        indexes = [
            models.Index(fields=["at"]),
            models.Index(fields=["controller_id", "strict"], name="agreements_agenda_whose"),
            models.Index(fields=["strict"], name="agreements_agenda_strict"),
            models.Index(fields=["statutory"], name="agreements_agenda_statutory"),
        ]


class Feed(models.Model):
    """Scope-free: finds a calendar feed by the hash of the token in its address. The nil controller is the operator."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    controller_id = models.UUIDField()
    user_id = models.UUIDField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "agreements_feed"


class Served(ScopedModel):
    """A legal notice to a party under a clause: to whom it went, when it counts as delivered, what came back (AGR-7).

    The mail itself, its digest, host and reply are the outbox's (``accounts_notice``).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    notice = models.UUIDField(null=True)  # the mail in the outbox; a letter has none
    kind = models.CharField(max_length=40)
    party = models.CharField(max_length=12)
    clause = models.CharField(max_length=80, blank=True)
    about_kind = models.CharField(max_length=40, blank=True)
    about = models.UUIDField(null=True)
    rank = models.SmallIntegerField(default=1)  # which of the party's addresses
    second_of = models.UUIDField(null=True)  # the notice that came back and that this one repeats
    served_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # the server took it
    confirmed_at = models.DateTimeField(null=True)  # the recipient's server confirmed it, as the report states
    way = models.CharField(max_length=20, default="email")
    posted_at = models.DateTimeField(null=True)  # a registered letter, as somebody entered
    received_at = models.DateTimeField(null=True)  # by evidence, as somebody entered
    evidence = models.CharField(max_length=300, blank=True)
    entered_by = models.UUIDField(null=True)
    deemed_at = models.DateTimeField(null=True)
    deemed_by = models.CharField(max_length=40, blank=True)
    returned_at = models.DateTimeField(null=True)
    returned_status = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "agreements_served"
        indexes = [models.Index(fields=["controller_id", "about"])]
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "notice"], name="agreements_served_once"),
            models.UniqueConstraint(
                fields=["controller_id", "second_of"],
                condition=~models.Q(second_of=None),
                name="agreements_served_second_once",
            ),
        ]

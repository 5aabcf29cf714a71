"""Tables of the audience. An identity stands in one sealed envelope; what is in clear is behaviour and declared
facets."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class List(ScopedModel):
    """A list of the controller's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "audience_list"
        constraints = [models.UniqueConstraint(fields=["controller_id", "number"], name="audience_list_number")]


class Field(ScopedModel):
    """A field the controller declares: its type, its category, and whether it is sealed (identifying) or clear
    (behaviour)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=40)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)
    category = models.CharField(max_length=40)
    sealed = models.BooleanField()
    choices = models.JSONField(default=list)
    lookup = models.CharField(max_length=10, default="", blank=True)  # by what form a sealed text is looked up
    created_at = models.DateTimeField()

    class Meta:
        db_table = "audience_field"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "key"], name="audience_field_key"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["text", "number", "date", "boolean", "choice"]), name="audience_field_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(lookup__in=["", "name", "number", "phone"]), name="audience_field_lookup"
            ),
        ]


class Subscriber(ScopedModel):
    """A data subject in the audience. The id is the random subject reference that everything else uses."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    identity = models.BinaryField()  # vault envelope over canonical JSON of the sealed fields, address included
    email_index = models.BinaryField()
    phone_index = models.BinaryField(null=True)
    suppression_index = models.BinaryField()
    index_version = models.SmallIntegerField(default=101)  # index key 1, normal form 01
    clear = models.JSONField(default=dict)
    mail_domain = models.CharField(max_length=255)
    provider = models.CharField(max_length=40)
    language = models.CharField(max_length=8, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=60, blank=True)
    birthday = models.CharField(max_length=5, blank=True)  # MM-DD
    restricted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "audience_subscriber"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "email_index"], name="audience_subscriber_email")
        ]
        indexes = [
            models.Index(
                fields=["controller_id", "phone_index"],
                condition=models.Q(phone_index__isnull=False),
                name="audience_sub_phone",
            ),
            models.Index(fields=["controller_id", "suppression_index"], name="audience_sub_suppression"),
            # All facets in one: what is counted is read from here alone, and a rare value is found without the rows.
            models.Index(
                fields=["controller_id", "country", "language", "provider", "region", "birthday", "mail_domain"],
                name="audience_sub_facets",
            ),
        ]


class Lookup(ScopedModel):
    """One form under which a person is found: a word of the name, an identification number, a further telephone."""

    pk = models.CompositePrimaryKey("controller_id", "kind", "index", "subscriber_id")
    kind = models.CharField(max_length=10)
    index = models.BinaryField()  # the vault's blind index of the form, for the purpose that is the kind
    subscriber_id = models.UUIDField()
    version = models.SmallIntegerField()  # index key and form, as in services.lookups.LOOKED_UP

    class Meta:
        db_table = "audience_lookup"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["name", "number", "phone"]), name="audience_lookup_kind"
            )
        ]
        indexes = [models.Index(fields=["controller_id", "subscriber_id"], name="audience_lookup_subscriber")]


class Indexing(models.Model):
    """How far the look-ups of a controller's people are made anew; scope-free: ids, times, counts.

    A controller without a row was there after the newest forms, and has nothing to be made anew.
    """

    controller_id = models.UUIDField(primary_key=True)
    version = models.SmallIntegerField()
    after = models.UUIDField(null=True)  # the reference of the last person done
    people = models.BigIntegerField(default=0)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audience_indexing"


class Subscription(ScopedModel):
    """A subscriber on a list, with the lawful basis and its evidence (AUDI-2)."""

    pk = models.CompositePrimaryKey("controller_id", "list_id", "subscriber_id")
    list_id = models.UUIDField()
    subscriber_id = models.UUIDField()
    state = models.CharField(max_length=14)
    basis = models.CharField(max_length=24)
    evidence = models.JSONField(default=dict)  # source, import, row, date of consent, digest of the words consented to
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=24, blank=True)

    class Meta:
        db_table = "audience_subscription"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["subscribed", "unsubscribed", "pending"]),
                name="audience_subscription_state",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    basis__in=["consent", "existing_customer", "contract", "legitimate_interest", "none"]
                ),
                name="audience_subscription_basis",
            ),
        ]
        indexes = [models.Index(fields=["controller_id", "subscriber_id"])]


class Suppression(ScopedModel):
    """Who is not to be written to: a keyed hash under a key of its own, by channel and scope ("" is everything)."""

    pk = models.CompositePrimaryKey("controller_id", "hash", "channel", "scope")
    hash = models.BinaryField()
    channel = models.CharField(max_length=10, default="email")
    scope = models.CharField(max_length=36, default="", blank=True)  # "" all messages, or a list's id
    key_version = models.SmallIntegerField(default=101)  # likewise
    reason = models.CharField(max_length=24)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "audience_suppression"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    reason__in=[
                        *("unsubscribed", "complaint", "hard_bounce", "soft_bounce", "objection", "erasure", "manual")
                    ]
                ),
                name="audience_suppression_reason",
            )
        ]


class Import(ScopedModel):
    """An import of a file into a list: where it stands, and what became of its rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    list_id = models.UUIDField()
    file_name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, default="uploaded")
    dry_run = models.BooleanField(default=False)
    options = models.JSONField(default=dict)  # dialect, encoding, mapping, declared basis, update policy
    started_by = models.UUIDField()
    size = models.BigIntegerField(default=0)
    offset = models.BigIntegerField(default=0)  # bytes taken, for the bar and for resuming
    rows = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)  # outcome -> rows
    error = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audience_import"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="audience_import_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=["uploaded", "mapped", "running", "done", "failed", "cancelled"]),
                name="audience_import_state",
            ),
        ]


class UploadChunk(ScopedModel):
    """A piece of an uploaded file, sealed under the import's own key; gone when the import ends."""

    pk = models.CompositePrimaryKey("controller_id", "import_id", "number")
    import_id = models.UUIDField()
    number = models.IntegerField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "audience_upload_chunk"


class Rejection(ScopedModel):
    """A row that was not taken, with its reason; sealed under the import's own key, found by index where an address
    was readable."""

    pk = models.CompositePrimaryKey("controller_id", "import_id", "line")
    import_id = models.UUIDField()
    line = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    email_index = models.BinaryField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "audience_rejection"
        indexes = [models.Index(fields=["controller_id", "email_index"])]

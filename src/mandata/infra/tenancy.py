"""One road to a controller's data: the scope, the models that need it, and the walls in the database.

`scope(controller_id)` opens a transaction and tells PostgreSQL, for that transaction only, whose rows may be seen.
Row-Level
Security (FORCE) is the wall; the manager below is the handrail before it: without a scope it raises instead of
returning
nothing. Tables that must be read before a controller is known are listed in `SCOPE_FREE`, each with its reason; a
test compares
the list with `pg_catalog`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.db.migrations import RunSQL

SETTING = "mandata.controller"
INSTANCE = UUID(int=0)
"""The installation's own scope: its log over the controllers' heads."""

SCOPE_FREE: dict[str, str] = {
    "accounts_user": "log-in happens before a controller is known; members are a declared holding in clear",
    "accounts_seat": "which user has a seat at which controller: ids",
    "accounts_directory": "which controllers exist and in what state: ids, times, states",
    "accounts_invitationkey": "finds an invitation by its token's hash: ids, times",
    "agreements_agenda": "when an obligation is next to be looked at: ids, times",
    "agreements_template": "the operator's own agreements, offered before a controller is known; they name nobody",
    "agreements_measure": "the register of measures: codes, descriptions, posts, dates",
    "agreements_feed": "finds a calendar feed by its token's hash: ids, times",
    "subprocessors_subprocessor": "the public register: companies, no people",
    "subprocessors_mechanism": "the public register: what a transfer rests on, dates",
    "subprocessors_change": "intended changes of the public register: ids, times",
    "audience_indexing": "whose look-ups are being made anew: ids, times, counts",
    "campaigns_number": "message tokens carry this number, not a controller: ids",
    "campaigns_active": "which campaigns have work due: ids, times",
    "delivery_chunk": "leases of the sending workers: ids, times, counts",
    "delivery_worker": "living workers: ids, times",
    "delivery_provider": "who receives for a mail domain: hashes, names of providers, times",
    "delivery_rule": "the operator's limits by transport and provider: numbers",
    "delivery_warmup": "warm-up plans of sending domains and source addresses: names of servers, numbers, dates",
    "delivery_lane": "what all workers share of a limit: numbers, times",
    "delivery_hold": "connections that workers have leased: ids, counts, times",
    "delivery_flow": "what passed through the installation: numbers by transport, provider and state",
    "delivery_claim": "whose a proven sending domain or tracking host is, across controllers: names of hosts, ids",
    "delivery_watch": "which domain or host is next to be looked at: ids, times",
    "delivery_challenge": "what the door answers to an ACME server: random tokens, times",
    "delivery_waiting": "which arrivals are still to be processed: ids, times, counts",
    "delivery_transport": "the operator's transports: companies, limits, the secret sealed",
    "delivery_source": "the operator's own addresses of the network, their names, what was found about them",
    "delivery_pool": "which pool of addresses a controller sends from: ids, names of pools, times",
    "measures_run": "rounds of checks: ids, states, times",
    "measures_result": "what checks of the installation found: codes, numbers, times",
    "measures_failure": "checks that do not hold: codes, times",
    "measures_evidence": "what the operator shows for measures that no machine can look at; names nobody",
    "measures_outage": "outages of the service: parts, causes, times",
    "measures_pulse": "when parts of the service last answered: times",
    "rights_casekey": "finds a case by its token's hash: ids, times",
    "assistance_index": "by how much statistics rose in a year: codes, numbers, sources",
    "assistance_tariff": "the operator's price list of help: codes, sums, dates",
    "assistance_waiting": "what is open at the operator's desks: ids, times",
    "audits_certificate": "attestations of the operator's own, for all controllers",
    "audits_packkey": "finds a pack of evidence by its token's hash: ids, times",
    "retention_link": "finds an archive or a certificate by its token's hash: ids, times",
    "record_pending": "entries that wait for their place in the log: ids, hashes",
    "tracking_spoolmark": "how far the spool has been read: file names, offsets",
    "watching_alarm": "what is not well: codes, hosts of our own, counts, times",
    "watching_mark": "what a number was a while ago",
    "watching_worker": "living workers: ids, hosts, times, sizes of our own folders",
    "vault_epoch": "whose keys are to be renewed or copied next: ids, numbers, times",
    "account_emailaddress": "log-in directory (members are a declared holding in clear)",
    "account_emailconfirmation": "log-in directory",
    "mfa_authenticator": "log-in directory: second factors, secrets encrypted",
    "usersessions_usersession": "log-in directory: a user's own sessions",
    "auth_group": "framework; empty",
    "auth_group_permissions": "framework; empty",
    "auth_permission": "framework: names of model permissions",
    "django_content_type": "framework: names of models",
    "django_migrations": "framework: names of migrations",
    "django_session": "log-in sessions: signed, ids only",
    "infra_cache": "rate limits: hashed keys, counts",
    "infra_restoring": "that this database is being restored: a time",
    "procrastinate_jobs": "job arguments are ids",
    "procrastinate_events": "times of jobs",
    "procrastinate_periodic_defers": "times of periodic jobs",
    "procrastinate_workers": "living workers: ids, times",
}

APPEND_ONLY: tuple[str, ...] = (
    "record_entry",
    "record_leaf",
    "record_node",
    "record_head",
    "record_stamp",
    "record_receipt",
    "measures_result",
    "measures_evidence",
)
"""Tables from which the application's role may neither update nor delete."""

_current: ContextVar[UUID | None] = ContextVar("controller", default=None)


class NoScope(RuntimeError):
    """A controller's data was asked for without saying whose: a bug, never an expected refusal."""


class ScopeCrossed(RuntimeError):
    """A scope was opened inside another controller's: a bug, because nothing crosses between controllers."""


def current_controller() -> UUID:
    """Return the controller whose scope is open. Raises NoScope outside one."""
    controller_id = _current.get()
    if controller_id is None:
        raise NoScope("no controller's scope is open here")
    return controller_id


def in_scope() -> bool:
    """Say whether a scope is open."""
    return _current.get() is not None


@contextmanager
def scope(controller_id: UUID) -> Iterator[UUID]:
    """Open a transaction that sees one controller's rows only.

    Inside the same controller's scope it is a savepoint; inside another's it raises ScopeCrossed.
    """
    outer = _current.get()
    if outer is not None and outer != controller_id:
        raise ScopeCrossed(f"the scope of {outer} is open; {controller_id} needs one of its own")
    with transaction.atomic():
        if outer is None:
            _tell(str(controller_id))
        token = _current.set(controller_id)
        try:
            yield controller_id
        finally:
            _current.reset(token)
        if outer is None and connection.in_atomic_block:
            _tell("")


def _tell(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config(%s, %s, true)", [SETTING, value])


_Model = TypeVar("_Model", bound=models.Model, covariant=True)


class ScopedManager(models.Manager[_Model]):
    """The manager of every scoped model: it looks at the open scope's rows, and raises without one."""

    def get_queryset(self) -> models.QuerySet[_Model]:
        return super().get_queryset().filter(controller_id=current_controller())


class ScopedModel(models.Model):
    """A row that belongs to a controller."""

    controller_id = models.UUIDField(default=current_controller, editable=False)

    objects: ScopedManager[Any] = ScopedManager()

    class Meta:
        abstract = True


def secure(
    table: str,
    *,
    key: str | None = "id",
    foreign: Mapping[str, tuple[str, str]] | None = None,
    extra: tuple[str, ...] = (),
) -> RunSQL:
    """Return the migration operation that puts a scoped table behind its walls.

    `key`: the column that Django sees as primary key; the database's becomes (controller_id, key). None leaves it as
    it is.
    `foreign`: column -> (referenced table, action on delete), each as a composite key with controller_id.
    `extra`: further statements.
    """
    statements = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy scope on {table} "
        f"using (controller_id = nullif(current_setting('{SETTING}', true), '')::uuid) "
        f"with check (controller_id = nullif(current_setting('{SETTING}', true), '')::uuid)",
    ]
    if key:
        statements += [
            f"alter table {table} drop constraint {table}_pkey",
            f"alter table {table} add primary key (controller_id, {key})",
        ]
    for column, (other, action) in (foreign or {}).items():
        # "set null (column)" keeps controller_id, which must never become null (PostgreSQL 15).
        act = f"set null ({column})" if action == "set null" else action
        ours, theirs = (
            ("controller_id",) * 2 if column == "controller_id" else (f"controller_id, {column}", "controller_id, id")
        )
        statements.append(
            f"alter table {table} add constraint {table}_{column}_scoped "
            f"foreign key ({ours}) references {other} ({theirs}) on delete {act}"
        )
    return RunSQL([*statements, *extra], reverse_sql=RunSQL.noop)

"""Sending a copy directly to another controller that the person named (Article 20(2) GDPR), by an officer's act.

The act makes a row and a job in one transaction; the job sends, at least once: the receiver tells repetitions by the
row's id in the header Idempotency-Key. Only https, no redirects, no address inside a private network; a test's own
receiver on the loopback is let in by MANDATA_TRANSMIT_LOOPBACK.
"""

import http.client
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra import outward
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import letters, rules, selectors
from mandata.rights.errors import BadReceiver, NotThisKind
from mandata.rights.models import Answer, Case, Transmission
from mandata.rights.selectors import ANSWER_PLACE, Wrote
from mandata.rights.selectors.sealed import TO_PLACE
from mandata.rights.services import steps
from mandata.vault.services import Vault

JOB: Final = "rights.transmit"
CLAUSE: Final = "Art. 20(2) GDPR"
_PATIENCE: Final = 30.0
_AGAIN: Final = timedelta(minutes=10)
_MAX_URL: Final = 500

Post = Callable[[str, bytes, str], int]


def host(wrote: Wrote) -> str:
    """Return the host of the other controller that the person named, empty for none."""
    return urlsplit(str(wrote.details.get("to", ""))).hostname or ""


def checked(address: str) -> str:
    """Return an address to which a copy may be sent, as it is. Raises BadReceiver."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        raise _bad(_("This is no web address.")) from None
    if not parts.hostname or len(address) > _MAX_URL or parts.username or parts.password or parts.fragment:
        raise _bad(_("This is no web address to which anything can be sent."))
    if parts.scheme != "https" and not (_loopback(parts.hostname) and env().transmit_loopback):
        raise _bad(_("A copy is sent over https alone."))
    if port is not None and port < 1:
        raise _bad(_("This is no web address."))
    return address.strip()


def _bad(message: str) -> BadReceiver:
    return BadReceiver(message, clause=CLAUSE, remedy=_("Write an address such as https://receiver.example/import."))


def _loopback(name: str) -> bool:
    return name in ("127.0.0.1", "::1", "localhost")


def transmit(*, case_id: UUID, address: str = "", actor: Actor, at: datetime) -> UUID:
    """Have the copy of an answered request for portability sent to an address, by default the one that the person
    named; return the transmission's id. Raises NoSuchCase, NotThisKind (no copy, or not portable), BadReceiver."""
    with scope(current_controller()):
        case = steps.locked(case_id)
        wrote = selectors.wrote(case)
        there = Answer.objects.filter(id=case.id, form="portable", expires_at__gt=at).exists()
        if case.kind != "portability" or not there:
            raise NotThisKind(
                _("There is no portable copy here to be sent."), clause=CLAUSE, remedy=_("Answer the request first.")
            )
        to = checked(address or str(wrote.details.get("to", "")))
        waiting = Transmission.objects.filter(case_id=case.id, state="queued").first()
        if waiting is not None:
            _queue(UUID(str(waiting.id)), 0, at)  # its job may have come to an end without it
            return UUID(str(waiting.id))
        row = Transmission.objects.create(
            case_id=case.id, sealed=Vault.open().seal(case.id, TO_PLACE, to.encode()), asked_at=at
        )
        steps.enter(case, "transmission_asked", actor=actor, at=at, detail={"transmission": row.id}, clause=CLAUSE)
        _queue(UUID(str(row.id)), 0, at)
        return UUID(str(row.id))


def _queue(transmission_id: UUID, attempts: int, at: datetime) -> None:
    ids = {"controller_id": str(current_controller()), "transmission_id": str(transmission_id)}
    more: dict[str, Any] = {"schedule_at": at + _AGAIN * 2 ** (attempts - 1)} if attempts else {}
    app.configure_task(JOB, queue="rights", lock=f"transmit {transmission_id}", **more).defer(**ids)


def deliver(*, controller_id: UUID, transmission_id: UUID, at: datetime, post: "Post | None" = None) -> str:
    """Send a queued copy; return the state it is in now. Killed in between, it is sent again under the same key."""
    with scope(controller_id):
        row = Transmission.objects.filter(id=transmission_id).first()
        if row is None or row.state != "queued":
            return row.state if row else ""
        case = Case.objects.get(id=row.case_id)
        answer = Answer.objects.filter(id=row.case_id, expires_at__gt=at).first()
        if answer is None or not case.sealed:
            return _told(row, case, "failed", None, "gone", at)
        vault = Vault.open()
        to = vault.unseal(case.id, TO_PLACE, bytes(row.sealed)).decode()
        content = vault.unseal(case.id, ANSWER_PLACE, bytes(answer.sealed))
    status, code = _sent(to, content, str(transmission_id), post or send)
    with scope(controller_id):
        case = steps.locked(row.case_id)
        row = Transmission.objects.select_for_update().get(id=transmission_id)
        if row.state != "queued":
            return str(row.state)
        done = status is not None and 200 <= status < 300
        row.attempts += 1
        over = row.attempts >= rules.TRIES or code == "refused"
        state = "sent" if done else "failed" if over else "queued"
        if state == "queued":
            Transmission.objects.filter(id=row.id).update(attempts=row.attempts, status=status, code=code)
            _queue(transmission_id, row.attempts, at)
            return state
        return _told(row, case, state, status, code, at)


def _sent(to: str, content: bytes, key: str, post: Post) -> tuple[int | None, str]:
    try:
        status = post(to, content, key)
    except BadReceiver:
        return None, "refused"
    except (OSError, ValueError, http.client.HTTPException):
        return None, "unreachable"
    if 200 <= status < 300:
        return status, ""
    return status, "refused" if 400 <= status < 500 and status not in (408, 425, 429) else "answer"


def _told(row: Transmission, case: Case, state: str, status: int | None, code: str, at: datetime) -> str:
    Transmission.objects.filter(id=row.id).update(
        state=state, status=status, code=code, attempts=row.attempts, told_at=at
    )
    detail = {"transmission": row.id, "status": status, "code": code, "attempts": row.attempts}
    if case.sealed:
        detail |= _tell(row, case, state == "sent", at)
    kind = "transmitted" if state == "sent" else "not_transmitted"
    steps.enter(case, kind, actor=SYSTEM, at=at, detail=detail, clause=CLAUSE)
    return state


def _tell(row: Transmission, case: Case, done: bool, at: datetime) -> dict[str, Any]:
    """Tell the person what became of it, only now that it is known."""
    to = urlsplit(Vault.open().unseal(case.id, TO_PLACE, bytes(row.sealed)).decode()).hostname or ""
    letter = letters.transmitted(
        accounts.controller(), number=case.number, to=to, done=done, regime=case.regime, language=case.language
    )
    return dict(steps.tell(case, letter, selectors.wrote(case), kind="transmitted", at=at))


def send(to: str, content: bytes, key: str) -> int:
    """Post a copy; return the status, also of a redirect, which is not followed: whom the person named gets the copy,
    and nobody else. Raises BadReceiver for an address inside, OSError, HTTPException."""
    parts = urlsplit(checked(to))
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    call = kind(parts.hostname or "", parts.port or kind.default_port, timeout=_PATIENCE)
    found = _outside(call.host, call.port)
    # Connected to what was checked: a name that is looked up twice can answer otherwise the second time.
    call._create_connection = lambda place, *more: socket.create_connection((found, place[1]), *more)  # type: ignore[attr-defined]
    headers = {"Content-Type": "application/zip", "Idempotency-Key": key, "User-Agent": "Mandata"}
    try:
        call.request("POST", urlunsplit(("", "", parts.path or "/", parts.query, "")), content, headers)
        return call.getresponse().status
    finally:
        call.close()


def _outside(name: str, port: int) -> str:
    """Return the address of a name; refuse names that lead into a private network: nobody makes this server speak to
    its neighbours."""
    try:
        return outward.address(name, port, loopback=env().transmit_loopback)
    except outward.Inside:
        raise _bad(_("This address leads into a private network.")) from None

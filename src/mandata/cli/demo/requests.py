"""Two recipients ask: one for a copy of their data, one to be erased. The privacy officer answers both."""

import email
import email.policy
import io
import re
import zipfile
from uuid import UUID

from mandata.audience import selectors as audience
from mandata.cli.demo.recipients import letters, plain
from mandata.cli.demo.stage import Stage
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.rights import selectors as rights
from mandata.rights import services as desk

_LINK = re.compile(r"/rights/(confirm|answer)/([^/\s]+)/")


def answer(stage: Stage) -> None:
    """Ask, confirm by the mailed link, answer; for access and for erasure. Done once."""
    with scope(stage.controller_id):
        known = rights.cases(at=now())
    if not known:
        first, second = plain(stage)[:2]
        _access(stage, first)
        _erasure(stage, second)
    with scope(stage.controller_id):
        answered = [case for case in rights.cases(at=now()) if case.state == "answered"]
    stage.figures |= {f"answered_{kind}": sum(case.kind == kind for case in answered) for kind in ("access", "erasure")}
    stage.expect(len(answered) == 2, f"{len(answered)} of 2 requests are answered")


def _access(stage: Stage, address: str) -> None:
    case_id = _confirmed(stage, "access", address)
    with scope(stage.controller_id):
        desk.answer(case_id=case_id, actor=stage.officer, at=now())
    content = desk.fetch(token=_mailed(stage, address, "answer"), at=now()).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode("utf-8", "replace")
    stage.figures["copy_bytes"] = len(content)
    stage.expect(address.lower() in text.lower(), "the copy of a person's data does not hold the person's address")


def _erasure(stage: Stage, address: str) -> None:
    case_id = _confirmed(stage, "erasure", address)
    with scope(stage.controller_id):
        stage.expect(audience.find_by_email(address) is not None, "who asks for erasure is not known")
        desk.answer(case_id=case_id, actor=stage.officer, at=now())
        stage.expect(audience.find_by_email(address) is None, "an erased person is still found")


def _confirmed(stage: Stage, kind: str, address: str) -> UUID:
    """Ask in the person's name and use the link that the mail brings."""
    with scope(stage.controller_id):
        case = desk.receive(kind=kind, address=address, channel="portal", language="en", at=now())
    desk.confirm(token=_mailed(stage, address, "confirm"), at=now())
    return case.case_id


def _mailed(stage: Stage, address: str, purpose: str) -> str:
    """The token of the newest link of its kind in the person's mailbox; waits for the mail."""
    found: list[str] = []

    def look() -> int:
        for raw in letters(stage, address):
            message = email.message_from_bytes(raw, policy=email.policy.default)
            body = message.get_body(("plain",))
            for kind, token in _LINK.findall(body.get_content() if body else ""):
                if kind == purpose:
                    found.append(token)
                    return 1
        return 0

    stage.wait(f"A mail to {purpose}", 1, look)
    return found[0]

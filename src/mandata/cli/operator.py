"""`mandata operator`: make the account of somebody who runs this installation."""

import secrets
from datetime import datetime
from typing import Annotated, Any

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Refused

_DAY = ["%Y-%m-%d"]


def operator(
    email: Annotated[str, typer.Argument(help="The address to log in with.")],
    name: Annotated[str, typer.Option(help="The person's name, as colleagues see it.")] = "",
    language: Annotated[str, typer.Option(help="Language of the console: en or cs.")] = "en",
    confidentiality: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Day on which confidentiality was signed.")
    ] = None,
    training: Annotated[datetime | None, typer.Option(formats=_DAY, help="Day of the last training.")] = None,
    trained_until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Last day on which that training holds.")
    ] = None,
    evidence: Annotated[str, typer.Option(help="Where the signed paper and the certificate lie.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an operator's account and print its first password, which is shown this once and kept nowhere.

    An operator sees every controller's name, state and volume, and no subscriber. Customers register themselves. To see
    anything of one controller takes a signed commitment to confidentiality, a training that has not lapsed, and a
    reason: enter the first two here or in the console under Staff.

    Examples:

        mandata operator ops@example.com --name "Night shift"

        mandata operator ops@example.com --language cs --json

        mandata operator ops@example.com --confidentiality 2026-01-05 --training 2026-01-12 \
            --trained-until 2026-12-31 --evidence "folder 3"
    """
    papers = _papers(confidentiality, training, trained_until, evidence)
    with connected():
        django()
        from mandata.accounts import selectors
        from mandata.accounts.services import users
        from mandata.agreements.services import staff
        from mandata.infra.clock import now

        if selectors.user_by_email(email):
            raise Refused(
                "There is an account with this address already.",
                remedy="Choose another address, or log in with this one.",
            )
        password = "-".join(secrets.token_hex(3) for _ in range(4))
        user_id = users.create(
            email=email, name=name or email, password=password, language=language, is_operator=True, verified=True
        )
        for paper in papers:
            staff.commit(user_id=user_id, by=user_id, at=now(), **paper)
    words = f"{email} may log in with: {password}"
    if len(papers) < 2:
        words += "\nBefore data of a controller can be seen: enter confidentiality and training in the console, Staff."
    emit(as_json, {"user": user_id, "email": email, "password": password}, words)


def _papers(
    confidentiality: datetime | None, training: datetime | None, until: datetime | None, evidence: str
) -> list[dict[str, Any]]:
    """What the person has signed and learned, checked before an account is made."""
    if (confidentiality or training) and not evidence.strip():
        raise Refused("A commitment needs its evidence.", remedy="Say with --evidence where the paper lies.")
    if bool(training) != bool(until):
        raise Refused("A training has a day and a last day.", remedy="Give both --training and --trained-until.")
    found: list[dict[str, Any]] = []
    if confidentiality:
        found.append({"kind": "confidentiality", "on": confidentiality.date(), "evidence": evidence})
    if training and until:
        found.append({"kind": "training", "on": training.date(), "until": until.date(), "evidence": evidence})
    return found

"""`mandata operator`: make the account of somebody who runs this installation."""

import secrets
from typing import Annotated

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Refused


def operator(
    email: Annotated[str, typer.Argument(help="The address to log in with.")],
    name: Annotated[str, typer.Option(help="The person's name, as colleagues see it.")] = "",
    language: Annotated[str, typer.Option(help="Language of the console: en or cs.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Make an operator's account and print its first password, which is shown this once and kept nowhere.

    An operator sees every controller's name, state and volume, and no subscriber. Customers register themselves.

    Examples:

        mandata operator ops@example.com --name "Night shift"

        mandata operator ops@example.com --language cs --json
    """
    with connected():
        django()
        from mandata.accounts import selectors
        from mandata.accounts.services import users

        if selectors.user_by_email(email):
            raise Refused(
                "There is an account with this address already.",
                remedy="Choose another address, or log in with this one.",
            )
        password = "-".join(secrets.token_hex(3) for _ in range(4))
        user_id = users.create(
            email=email, name=name or email, password=password, language=language, is_operator=True, verified=True
        )
    emit(as_json, {"user": user_id, "email": email, "password": password}, f"{email} may log in with: {password}")

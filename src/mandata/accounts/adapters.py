"""What django-allauth asks of us: sign-up is ours, mail goes by the outbox, second factors are kept encrypted."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.http import HttpRequest
from django.template.loader import render_to_string

from mandata.accounts.services.notices import send_notice
from mandata.foundation import networks
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope
from mandata.vault.services import second_factor_key


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by registration with an agreement or by an invitation, never by allauth's own form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Allauth's sign-up is closed; `accounts:register` is ours."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render allauth's mail (subject and text) and put it into the installation's outbox."""
        said = {**context, "email": email, "operator_name": env().operator_name, "public_url": env().public_url}
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", said).split())
        text = render_to_string(f"{template_prefix}_message.txt", said)
        with scope(INSTANCE):
            send_notice(to=email, subject=subject, text=text, kind=template_prefix.rpartition("/")[2][:40], at=now())

    def get_client_ip(self, request: HttpRequest) -> str:
        """The first address of the network that rate limits count by and open sessions name; never the address."""
        return networks.reduced(str(request.META.get("REMOTE_ADDR", ""))).partition("/")[0]


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are encrypted under a key outside the database."""

    def encrypt(self, text: str) -> str:
        """Return the text encrypted (Fernet)."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the text back."""
        return _fernet().decrypt(encrypted_text.encode()).decode()


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(second_factor_key()))

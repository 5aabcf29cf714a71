"""The way in, tried: wrong passwords at a probe account until the right one opens nothing; how passwords are hashed."""

import secrets
from datetime import datetime
from typing import Final

from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher
from django.db import transaction
from django.test import Client
from django.urls import reverse

from mandata.accounts import selectors as accounts
from mandata.accounts.services import users
from mandata.measures.rules import verdicts
from mandata.measures.rules.verdicts import TRIES, Entrance, Hashing, Verdict


def lockout(_at: datetime) -> Verdict:
    """Make a probe account, try it through the log-in page itself, and take everything back."""
    return verdicts.entrance(tried())


def tried() -> Entrance:
    """Try the log-in page; nothing of it stays: account, sessions and counters go with the transaction."""
    opened, shut = False, None
    with transaction.atomic():
        email, password = f"probe-{secrets.token_hex(12)}@measures.invalid", secrets.token_urlsafe(24)
        users.create(email=email, name="", password=password, verified=True)
        opened = _opens(email, password)
        if opened:
            for wrong in range(1, TRIES + 1):
                _opens(email, f"{password}-{wrong}")
                if not _opens(email, password):
                    shut = wrong
                    break
        transaction.set_rollback(True)
    return Entrance(opened, shut)


_PAGE: Final = "account_login"


def _opens(email: str, password: str) -> bool:
    """Whether the log-in page lets somebody in. From a network for documentation (RFC 5737), whose counters are nobody
    else's."""
    browser = Client(REMOTE_ADDR="192.0.2.77", HTTP_HOST="localhost", HTTP_USER_AGENT="mandata-measures")
    browser.post(reverse(_PAGE), {"login": email, "password": password})
    return "_auth_user_id" in browser.session


def hashing(_at: datetime) -> Verdict:
    """Read the parameters in use, and those under which the kept passwords were hashed."""
    hasher = get_hasher("default")
    memory, rounds = (hasher.memory_cost, hasher.time_cost) if isinstance(hasher, Argon2PasswordHasher) else (0, 0)
    forms = accounts.hash_forms()
    weaker = sum(count for form, count in forms.items() if not _strong(form))
    return verdicts.hashing(Hashing(str(hasher.algorithm), memory, rounds, sum(forms.values()), weaker))


def _strong(form: str) -> bool:
    """Of a form such as "argon2$argon2id$v=19$m=102400,t=2,p=8"."""
    parts = form.split("$")
    if parts[:2] != ["argon2", "argon2id"] or len(parts) < 4:
        return False
    numbers = dict(part.split("=", 1) for part in parts[3].split(",") if "=" in part)
    return int(numbers.get("m", 0)) >= verdicts.ARGON_MEMORY and int(numbers.get("t", 0)) >= verdicts.ARGON_TIME

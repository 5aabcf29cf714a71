"""`mandata operator` makes an account that can log in, once for each address."""

import json
import os
import subprocess
import sys

from django.contrib.auth import authenticate

from mandata.infra.clock import new_id
from mandata.infra.postgres import Urls


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "mandata.cli", "operator", *arguments], env=os.environ, capture_output=True, text=True
    )


def test_an_operator_can_log_in_with_the_password_shown(database: Urls) -> None:
    email = f"ops-{new_id().hex[-12:]}@demo.example"
    made = command(email, "--json")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    user = authenticate(email=email, password=told["password"])
    assert user is not None and user.is_operator
    again = command(email)
    assert again.returncode == 1
    assert "already" in again.stderr

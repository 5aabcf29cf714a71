"""`mandata operator` makes an account that can log in, once for each address."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
from django.contrib.auth import authenticate

from mandata.accounts import selectors as accounts
from mandata.infra.clock import new_id
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope


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


def test_papers_given_with_the_account_let_the_operator_open_an_access(database: Urls) -> None:
    email = f"ops-{new_id().hex[-12:]}@demo.example"
    papers = ["--confidentiality", "2026-01-05", "--training", "2026-01-12", "--trained-until", "2026-12-31"]
    assert command(email, *papers).returncode == 1, "papers need their evidence"
    assert command(email, *papers[:-2], "--evidence", "folder 3").returncode == 1, "a training needs its last day"
    made = command(email, *papers, "--evidence", "folder 3", "--json")
    assert made.returncode == 0, made.stderr
    with scope(INSTANCE):
        fit = accounts.fitness(UUID(json.loads(made.stdout)["user"]))
    assert (str(fit.confidential_on), str(fit.trained_on), str(fit.trained_until)) == (
        "2026-01-05",
        "2026-01-12",
        "2026-12-31",
    )
    plain = command(f"ops-{new_id().hex[-12:]}@demo.example")
    assert "in the console, Staff" in plain.stdout


def test_an_installation_without_tables_says_what_to_run(database: Urls) -> None:
    name = f"empty_{new_id().hex[-12:]}"
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            own = {"DATABASE_URL": _other(database.superuser, name), "OWNER_DATABASE_URL": ""}
            told = subprocess.run(
                [sys.executable, "-m", "mandata.cli", "operator", "ops@demo.example"],
                env=os.environ | own,
                capture_output=True,
                text=True,
            )
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert told.returncode == 1
    assert "mandata migrate" in told.stderr
    assert "Traceback" not in told.stderr


def _other(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))

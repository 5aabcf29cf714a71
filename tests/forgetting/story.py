"""What happens to people before they are forgotten, step by step, in a process of the installation's own.

It reads a line of JSON for each step and answers with one. Steps speak to services, as commands do; what a browser or a
mail program does, the test does itself (`tests.forgetting.web`).
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from mandata.cli.installation import connected, django

STEPS: dict[str, Callable[..., Any]] = {}


def step(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function a step."""
    STEPS[function.__name__] = function
    return function


def _stage(var: str, examples: str = "") -> Any:
    from rich.console import Console

    from mandata.cli.demo.stage import Stage
    from mandata.delivery.catcher.client import CatcherClient
    from mandata.infra.environment import env

    zone = Path(var) / "dns.json"
    return Stage("", "", Path(examples), zone, CatcherClient(env().catcher_url), Console(stderr=True))


@step
def begin(var: str, examples: str) -> Any:
    """A bakery with its people, its agreement and its sending domain; its file imported, its campaign sent."""
    from mandata.cli.demo import cast, importing, sending

    stage = _stage(var, examples)
    passwords = cast.logins(Path(var))
    cast.people(stage, passwords)
    cast.accept(stage)
    sending.verify_domain(stage)
    importing.import_subscribers(stage)
    sending.compose(stage)
    sending.send(stage)
    return {
        "controller": str(stage.controller_id),
        "list": str(stage.list_id),
        "campaign": str(stage.campaign_id),
        "officer": str(stage.officer.id),
        "logins": {role: [cast.PEOPLE[role][0], word] for role, word in passwords.items()},
        "figures": stage.figures,
    }


@step
def upload(controller: str, list: str, officer: str, file: str) -> Any:
    """A file that is uploaded, mapped and left to wait."""
    from mandata.audience import selectors, services
    from mandata.foundation.actors import Actor
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    actor = Actor("member", UUID(officer))
    with scope(UUID(controller)):
        given: dict[str, Any] = {"list_id": UUID(list), "file_name": "waiting.csv", "actor": actor, "at": now()}
        made = services.upload(chunks=[Path(file).read_bytes()], **given)
        options = replace(selectors.preview(made, at=now()).options, source="counter", warranted=True)
        services.choose(import_id=made, options=options, actor=actor, at=now())
    Path(file).unlink()
    return {"import": str(made)}


@step
def came_back(controller: str, campaign: str) -> Any:
    """What came back of the campaign, by kind."""
    from mandata.delivery import selectors as delivery
    from mandata.infra.tenancy import scope

    with scope(UUID(controller)):
        return sorted(kind for kind, _hard in delivery.came_back(UUID(campaign)))


@step
def returned(controller: str, campaign: str) -> Any:
    """How much came back of the campaign."""
    from mandata.delivery import selectors as delivery
    from mandata.infra.tenancy import scope

    with scope(UUID(controller)):
        return sum(delivery.came_back(UUID(campaign)).values())


@step
def figures(controller: str, campaign: str) -> Any:
    """What a report tells, and how many people there are."""
    from mandata.audience import selectors as audience
    from mandata.infra.tenancy import scope
    from mandata.tracking import selectors as tracking

    with scope(UUID(controller)):
        found = tracking.report(UUID(campaign)).total
        on_list = audience.lists()[0]
    return {
        "opens": found.opens.human + found.opens.machine,
        "clicks": found.clicks.human + found.clicks.machine,
        "left": found.unsubscriptions.unique,
        "subscribed": on_list.subscribed,
    }


@step
def known(controller: str, addresses: list[str]) -> Any:
    """Which of some addresses are somebody's in the audience."""
    from mandata.audience import selectors as audience
    from mandata.infra.tenancy import scope

    with scope(UUID(controller)):
        return [address for address in addresses if audience.find_by_email(address) is not None]


@step
def held(controller: str, addresses: list[str]) -> Any:
    """What the holdings would touch of some addresses: address -> holding -> how many."""
    from mandata.holdings import selectors, services
    from mandata.infra.tenancy import scope

    told = {}
    with scope(UUID(controller)):
        for address in addresses:
            subject = selectors.subject_by_address(address)
            assert subject is not None
            counts = services.preview(subject=subject).counts
            told[address] = {key: found.touched for key, found in counts.items() if found.touched}
    return told


@step
def unsealed(controller: str, url: str, marks: list[str]) -> Any:
    """In which tables something that opens under a key that there is tells of somebody."""
    from tests.forgetting.scanner import in_bytes
    from tests.forgetting.spellings import needles
    from tests.holdings.cast import opened

    sought = needles({mark: mark for mark in marks}, {})
    plain: dict[str, list[bytes]] = {}
    for table, content in opened(url, UUID(controller)):
        plain.setdefault(table, []).append(content)
    return sorted(table for table, contents in plain.items() if in_bytes(b"\0".join(contents), sought))


@step
def erase(controller: str, officer: str, addresses: list[str]) -> Any:
    """Erase some people, at the controller's own decision."""
    from mandata.foundation.actors import Actor
    from mandata.holdings import selectors, services
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope

    with scope(UUID(controller)):
        for address in addresses:
            subject = selectors.subject_by_address(address)
            assert subject is not None
            services.erase(subject=subject, ground="controller", actor=Actor("member", UUID(officer)), at=now())
    return len(addresses)


def main() -> None:
    """Do the steps that come, a line of JSON each: [name, values]; answer each with a line."""
    with connected():
        django()
        for line in sys.stdin:
            name, values = json.loads(line)
            sys.stdout.write(json.dumps(STEPS[name](**values)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

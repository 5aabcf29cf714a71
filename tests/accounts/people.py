"""People for the tests of accounts and console."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from mandata.accounts import selectors, services
from mandata.accounts.rules import ROLES
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.tenancy import scope

PASSWORD = "a loaf of rye bread"


@dataclass(frozen=True)
class Household:
    """A controller with a member in each role: ids of users and members by role."""

    controller_id: UUID
    users: dict[str, UUID]
    members: dict[str, UUID]

    @property
    def actor(self) -> Actor:
        """The owner, acting."""
        return Actor("member", self.members["owner"])


def address(who: str) -> str:
    """Return an address nobody else has."""
    return f"{who}.{secrets.token_hex(5)}@bakery.example"


def person(name: str = "Olga Owner", *, password: str | None = None, is_operator: bool = False) -> UUID:
    """Make an account with a proven address; without a password, whose hashing takes its time."""
    return services.users.create(
        email=address(name.split()[0].lower()), name=name, password=password, verified=True, is_operator=is_operator
    )


def founded(owner: UUID, name: str = "Demo Bakery") -> services.controllers.Founded:
    """Make a controller."""
    return services.controllers.found(
        owner_id=owner,
        name=name,
        legal_name=f"{name} s.r.o.",
        postal_address="1 Oven Lane, 110 00 Prague",
        contact="office@bakery.example",
        at=now(),
    )


def household() -> Household:
    """Make a controller with a member in each role, each come in by an invitation."""
    owner = person()
    first = founded(owner)
    users, members = {"owner": owner}, {"owner": first.member_id}
    for role in ROLES[1:]:
        users[role] = person(f"{role.title()} Person")
        token = invited(first, users[role], role)
        services.members.join(token=token, user_id=users[role], at=now())
        with scope(first.controller_id):
            members[role] = next(one.id for one in selectors.members() if one.user_id == users[role])
    return Household(first.controller_id, users, members)


def invited(first: services.controllers.Founded, user_id: UUID, role: str) -> str:
    """Invite an account and return the link's token."""
    tokens: list[str] = []

    def link(token: str) -> str:
        tokens.append(token)
        return f"https://console.example/{token}"

    with scope(first.controller_id):
        services.members.invite(
            email=selectors.user(user_id).email,
            name="A Person",
            role=role,
            invited_by=first.member_id,
            at=now(),
            link=link,
        )
    return tokens[0]

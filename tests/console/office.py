"""A shop with people who log in: one of every role, each with an own browser."""

import secrets
from dataclasses import dataclass, field

from django.test import Client

from mandata.accounts import services
from mandata.accounts.models import Member, Seat, User
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, shop

PASSWORD = "a loaf of rye bread"


@dataclass
class Office:
    """A controller ready to send, and its members by role."""

    shop: Shop
    people: dict[str, User] = field(default_factory=dict)

    def joined(self, role: str, name: str = "") -> User:
        """A new member of a role."""
        email = f"{role}.{secrets.token_hex(4)}@bakery.example"
        user = User.objects.get(
            id=services.users.create(email=email, name=name or role.title(), password=PASSWORD, verified=True)
        )
        with scope(self.shop.id):
            member = Member.objects.create(user_id=user.id, role=role, joined_at=now())
            Seat.objects.create(user_id=user.id, controller_id=self.shop.id)
        if role == "owner":
            self.shop.actor = Actor("member", member.id)
        self.people[role] = user
        return user

    def browser(self, role: str = "owner") -> Client:
        """The browser of a member of this role, logged in."""
        client = Client()
        client.force_login(
            self.people.get(role) or self.joined(role), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return client


def office(name: str = "Demo Bakery") -> Office:
    """A shop with an owner."""
    made = Office(shop(name))
    made.joined("owner", "Olga Ownerová")
    return made

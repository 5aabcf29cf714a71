"""The refusals of the accounts."""

from mandata.foundation.errors import NotFound, Refused


class LastOwner(Refused):
    """A controller must keep somebody who answers for it."""

    code = "accounts.last_owner"


class AlreadyMember(Refused):
    """The invited person has a seat here already."""

    code = "accounts.already_member"


class InvitationGone(NotFound):
    """An invitation that does not exist, has expired, was revoked or used."""

    code = "accounts.invitation_gone"


class NotForYou(Refused):
    """The invitation was made out to somebody else's address."""

    code = "accounts.not_for_you"
    status = 403


class AddressTaken(Refused):
    """There is an account for the address already."""

    code = "accounts.address_taken"


class BadKey(Refused):
    """A key of the API that there is not, that was revoked or has expired: told alike."""

    code = "api.key"
    status = 401


class NoScopeFor(Refused):
    """The key is good, and not for this."""

    code = "api.scope"
    status = 403


class NameUsed(Refused):
    """The same Idempotency-Key came before with something else."""

    code = "api.idempotency"
    status = 422


class BadKeyWish(Refused):
    """A key that cannot be made: no scope, no name, an end that has passed."""

    code = "accounts.key"
    status = 422

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

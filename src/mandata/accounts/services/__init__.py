"""The verbs of the accounts: users, controllers, members and invitations, and the outbox of notices.

from mandata.accounts import services
services.controllers.found(...), services.members.invite(...), services.users.create(...), ...
"""

from mandata.accounts.services import controllers, members, notices, users

__all__ = ["controllers", "members", "notices", "users"]

"""The verbs of the accounts: users, controllers, members, invitations, staff, addresses, and the outbox of notices.

from mandata.accounts import services
services.controllers.found(...), services.members.invite(...), services.users.create(...), ...
"""

from mandata.accounts.services import accesslog, addresses, apikeys, controllers, members, notices, staff, users

__all__ = ["accesslog", "addresses", "apikeys", "controllers", "members", "notices", "staff", "users"]

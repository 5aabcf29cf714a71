"""Accounts: the operator, controllers, members and their roles, invitations, the outbox of notices to people.

Must never decide what may be done with subscribers: that is the agreement's.
"""

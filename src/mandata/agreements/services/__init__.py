"""The verbs of the agreements: accept, end, ask the gates, and what follows from them. All inside a controller's scope,
but for those that say otherwise.
"""

from mandata.agreements.services.acceptance import Where, accept, end, take_back
from mandata.agreements.services.asking import ask, check_campaign
from mandata.agreements.services.reminding import remind_due

__all__ = ["Where", "accept", "ask", "check_campaign", "end", "remind_due", "take_back"]

"""Refusals of rendering: what a member wrote, or what one recipient's data made of it, gives no message."""

from mandata.foundation.errors import Refused


class RenderingRefused(Refused):
    """The content cannot be compiled; nothing of it was sent. `evidence` holds the place where that is known."""

    code = "content.refused"
    status = 422


class Unrenderable(Refused):
    """One recipient's message cannot be filled; the others are not concerned. It says no personal data."""

    code = "message.unrenderable"
    status = 422

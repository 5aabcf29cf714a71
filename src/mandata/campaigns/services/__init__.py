"""The verbs of campaigns: writing a draft, and moving it through its states."""

from mandata.campaigns.services.drafts import create, discard, duplicate, edit
from mandata.campaigns.services.ending import destroy_content
from mandata.campaigns.services.moves import (
    begin,
    cancel,
    finish,
    hold,
    launch,
    pause,
    postpone,
    release,
    reopen,
    resume,
    settle,
    withdraw,
)

__all__ = [
    "begin",
    "cancel",
    "create",
    "destroy_content",
    "discard",
    "duplicate",
    "edit",
    "finish",
    "hold",
    "launch",
    "pause",
    "postpone",
    "release",
    "reopen",
    "resume",
    "settle",
    "withdraw",
]

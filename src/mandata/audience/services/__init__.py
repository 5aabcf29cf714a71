"""Verbs of the audience: keyword-only, inside a controller's scope; each changes rows and appends to the record at
once."""

from mandata.audience.services.catalogue import create_field, create_list, remove_field, rename_list
from mandata.audience.services.emptying import empty_all
from mandata.audience.services.exports import export_lines
from mandata.audience.services.imports import (
    cancel_import,
    choose,
    drop_rejections,
    resume_import,
    run_slice,
    start_import,
)
from mandata.audience.services.people import add, move, rectify, restrict, subscribe, unrestrict, unsubscribe
from mandata.audience.services.replaying import Replayed, replay
from mandata.audience.services.suppression import is_suppressed, suppress, unsuppress
from mandata.audience.services.uploads import upload

__all__ = [
    "Replayed",
    "add",
    "cancel_import",
    "choose",
    "create_field",
    "create_list",
    "drop_rejections",
    "empty_all",
    "export_lines",
    "is_suppressed",
    "move",
    "rectify",
    "remove_field",
    "rename_list",
    "replay",
    "restrict",
    "resume_import",
    "run_slice",
    "start_import",
    "subscribe",
    "suppress",
    "unrestrict",
    "unsubscribe",
    "unsuppress",
    "upload",
]

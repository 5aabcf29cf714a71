"""Rows beside the log made again from what entries and the outside log tell of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from mandata.infra import bulk


def receipt_again(told: dict[str, Any]) -> int:
    """Insert the receipt of which an entry's body tells, in the open scope, where it is missing; return 1 where it
    was."""
    columns = {"id": "uuid", "size": "int8", "root": "bytea", "at": "timestamptz", "how": "text", "to": "uuid"}
    at, root = datetime.fromisoformat(told["handed_at"]), bytes.fromhex(told["root"])
    row = (UUID(told["receipt"]), told["size"], root, at, told["how"], UUID(told["to"]))
    return len(bulk.insert("record_receipt", columns, [row], conflict="do nothing", returning="id"))


def stamp_again(told: dict[str, Any]) -> int:
    """Insert the stamp of which a line tells, in the open scope, where it is missing; return 1 where it was."""
    columns = {"id": "uuid", "size": "int8", "at": "timestamptz", "authority": "text", "token": "bytea"}
    at, token = datetime.fromisoformat(told["stamped_at"]), bytes.fromhex(told["token"])
    row = (UUID(told["stamp"]), told["size"], at, told["authority"], token)
    return len(bulk.insert("record_stamp", columns, [row], conflict="do nothing", returning="id"))

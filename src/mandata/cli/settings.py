"""`mandata settings`: every environment variable, what it does, and what it is now."""

from dataclasses import fields

import typer

from mandata.cli.installation import read
from mandata.cli.output import AsJson, emit
from mandata.infra.environment import Environment


def settings(as_json: AsJson = False) -> None:
    """Explain every setting, with its default and its present value. Secrets are never printed.

    Settings are environment variables, read once at a command's start.

    Examples:

        mandata settings

        mandata settings --json | grep URL
    """
    now = read()
    for entry in fields(Environment):
        meta = entry.metadata
        name, text, default = meta["name"], meta["text"], _shown(entry.default, secret=False)
        value = _shown(getattr(now, entry.name), secret=meta["secret"])
        lines = [typer.style(name, bold=True), f"    {text}"]
        lines += [f"    default: {default or '(empty)'}", f"    now:     {value or '(empty)'}", ""]
        emit(as_json, {"name": name, "text": text, "default": default, "now": value}, "\n".join(lines))


def _shown(value: object, *, secret: bool) -> str:
    if value is None or value == "":
        return ""
    if secret:
        return "(set)"
    return str(value).lower() if isinstance(value, bool) else str(value)

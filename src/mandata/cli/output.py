"""What a command prints: words for people, or one JSON object a line with --json."""

import json
from collections.abc import Mapping
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line, instead of words.")]


def emit(as_json: bool, values: Mapping[str, object], words: str) -> None:
    """Print `values` as one line of JSON, or `words`."""
    typer.echo(json.dumps(values, ensure_ascii=False, default=str) if as_json else words)

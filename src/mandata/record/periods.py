"""The ends of a pack's period, as somebody writes them."""

from datetime import UTC, datetime, timedelta


def instant(text: str, *, end: bool) -> datetime:
    """Return the instant of an ISO 8601 date or time (UTC where it names no zone); a date is its first instant, or,
    at the `end`, the first of the next day. Raises ValueError."""
    at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at + timedelta(days=1) if end and len(text) == 10 else at

"""How evidence tells instants and sums."""

from datetime import UTC, datetime
from decimal import Decimal


def told(at: datetime | None) -> str:
    """An instant in UTC, ISO 8601 to the second; a dash where there is none."""
    return "–" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def sum_of(amount: Decimal, currency: str = "") -> str:
    """A sum to two decimals, with its currency where it is known."""
    return f"{currency} {amount.quantize(Decimal('0.01'))}".strip()

"""The verbs of the measures: rounds of checks, what owners show, outages."""

from mandata.measures.services.checking import ask, check_due, run
from mandata.measures.services.owning import show

__all__ = ["ask", "check_due", "run", "show"]

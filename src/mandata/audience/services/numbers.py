"""Small numbers that people use: one more than the largest, given out one at a time."""

from django.db import connection, models
from django.db.models import Max

from mandata.infra.tenancy import current_controller


def next_number(model: type[models.Model]) -> int:
    """Return the next number of a scoped model; others that ask wait until this transaction ends."""
    key = f"{model._meta.db_table} {current_controller()}"
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    found = model._default_manager.aggregate(largest=Max("number"))["largest"]
    return (found or 0) + 1

"""The job queue: Procrastinate on the same database, so that a job is queued in the transaction that makes it
necessary.

Arguments are ids and numbers, never personal data; the scope is opened again when the job runs.
"""

from procrastinate.contrib.django import app

__all__ = ["app"]

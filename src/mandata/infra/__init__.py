"""Plumbing without a domain word: clock, environment, tenancy, jobs, logs, the embedded PostgreSQL."""

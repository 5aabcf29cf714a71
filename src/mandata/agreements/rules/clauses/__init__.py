"""The catalogue's parts, by what the clauses are about."""

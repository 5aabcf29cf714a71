"""The web console of operators and controllers: a folder per area."""

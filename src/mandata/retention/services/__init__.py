"""The verbs of retention: `ends` (notice, choice, withdrawal), `returns` (archives), `deleting`, `certificates`."""

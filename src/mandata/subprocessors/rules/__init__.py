"""Pure rules of the sub-processors: countries, windows, what the gate is told, what follows an objection."""

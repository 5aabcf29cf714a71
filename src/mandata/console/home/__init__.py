"""The first page: what needs you, what runs, what happened."""

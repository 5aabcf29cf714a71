"""Privacy: the agreement, requests of data subjects, the data map, the record."""

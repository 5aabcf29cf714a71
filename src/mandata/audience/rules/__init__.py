"""Pure rules of the audience: files, columns, rows, fields, lawful bases, and cells of an export. No Django, no I/O,
no clock."""

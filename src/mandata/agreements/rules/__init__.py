"""Pure decisions of the agreements area: values, catalogue of clauses, terms, text, gates, recipients."""

"""Measures: what protects personal data, each with a check that really looks, or with an owner and a date.

Nouns: measure (one line of an agreement's Annex III), check (looks at the running system), result (held or failed, with
what was seen), heading (one of the Commission's 17). Serves: SEC-4, SEC-8; Art. 32(1)(d) GDPR. Must never call a
measure held that nobody looked at.
"""

"""Audits: a controller's request to inspect, from the clause's check to the report, and packs of evidence for a period.

Nouns: audit, terms (what both agreed on: dates, scope, conduct, price), pack (of evidence, complete by proof). Serves:
AUD-1 to AUD-4; Art. 28(3)(h) GDPR. Must never show one controller what is another's.
"""

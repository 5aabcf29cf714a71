"""Incidents: breaches of personal data, from awareness to the register. Knows holdings, none of the areas behind them.

Nouns: breach, scope (whom and what it touched, computed from the system's own data), phase (what is told as it becomes
known), notice (one for each affected controller, by its own clause and clock), drill. Serves: BRE-1 to BRE-7; Art. 33,
34 GDPR. Must never tell one controller of another, or hold a notice back for an assessment.
"""

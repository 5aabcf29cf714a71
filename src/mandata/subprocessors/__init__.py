"""Sub-processors: the public register, authorisations, changes, objections, transfer mechanisms, disclosures.

Asked before data goes to anybody: `selectors.may_disclose`.
"""

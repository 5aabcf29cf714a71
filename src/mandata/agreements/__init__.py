"""Agreements: a controller's accepted terms as data, and every decision that follows from them.

Nouns: terms (the typed contents of an agreement), clause (one term with its source), acceptance (who bound a
controller, when,
from where, to which exact text), gate (the decision whether an act may happen), verdict (its answer, with the clause).
Serves: AGR-1, AGR-2, AGR-6, AGR-7, AGR-8, AGR-11, INS-1, CAT-4, SVC-1, SVC-5, AUDI-2, AUDI-4, CAM-2, DLV-1, DLV-3.
Must never: hold a clause as an ``if`` in code, let an act pass without naming the clause it rests on, or change a
text that
somebody has accepted.
"""

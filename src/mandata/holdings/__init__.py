"""Holdings: the catalogue of every place with personal data, each with the verbs find, export, rectify, restrict,
erase.

Nouns: holding (a table, a group of tables or a folder that holds personal data), subject (whom a verb is about),
found, exported, erased, kept (what stays after an erasure, with its ground), certificate (what proves an erasure).
Serves: RET-4, RET-5, RET-7, SEC-5, AST-5, AUDI-4, DSR-4..8, DSR-13; Art. 15, 16, 17, 18, 30 GDPR.

What an area holds of one person is told and changed by that area alone, in its `personal.py`; here stands what these
places are, in which order they are gone through, and what must hold afterwards. Upper areas add their own holdings
through the wiring. Must never report an erasure as done of which a part was not, and never give one person's data to
another.
"""

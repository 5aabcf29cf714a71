"""The audience: subscribers, lists, fields, consent with its evidence, imports and exports, suppression.

Nouns: list, field (typed, with a category, sealed or clear), subscriber (a data subject; the id is the subject
reference), subscription (a subscriber on a list, with lawful basis and evidence), suppression (who is not to be written
to, as a keyed value), import (a file on its way into a list), rejection (a row that was not taken).
Serves: AUDI-1, AUDI-2, AUDI-4, CAT-1, CAT-3, CAT-4, AGR-6, DSR-9, DSR-13.

Must never write to anyone, and never hold an identity outside an envelope.
"""

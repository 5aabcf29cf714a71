"""Rights: the cases of data subjects, from receipt to answer. Knows holdings, and none of the areas behind them.

Nouns: case (a data subject's request), confirmation (a link mailed to the known address shows who asks), officer (the
member who answers), answer (a sealed archive behind a link that expires, or the erasure itself), timeline. Serves:
DSR-1, DSR-2, DSR-3, DSR-4, DSR-6, DSR-10; Art. 12, 15, 17 GDPR. Must never tell anybody whether an address is known,
act for somebody who has not confirmed, or answer one case twice.
"""

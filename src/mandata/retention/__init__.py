"""Retention: how long each category is kept, and what happens when an agreement ends: return, deletion, certificate.

Nouns: rule (of keeping, for a category), preview, end (of an agreement, with its timetable), return (an encrypted
archive of everything), certificate, inactivity, limiting (of a service). Serves: RET-1 to RET-7, OPS-2, OPS-6, CTL-1;
Art. 28(3)(g) GDPR. Must never delete without a preview and a proof, or keep without a ground.
"""

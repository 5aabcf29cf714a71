"""The vault: keys and sealing.

Nouns: subject key, epoch key, installation key, envelope, blind index. Holds ids, no foreign keys, so that a key can
die without
breaking anything. Must never write a key in clear to the database, nor an identity outside an envelope.
"""

"""The record: an append-only Merkle log for each controller, with proofs that verify offline.

Nouns: entry, leaf, head, commitment. Holds ids and pseudonyms, no foreign keys, so that proof outlives the rows it
speaks of.
Must never hold personal data in clear: payloads enter as salted commitments and lie sealed beside the log.
"""

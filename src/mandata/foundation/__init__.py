"""Pure ground: values and algorithms without Django, without I/O, without a clock or chance of their own.

Nouns: id, actor, refusal, canonical JSON, Merkle tree, address, token.
Whatever changes from call to call (time, randomness, keys) is a parameter.
"""

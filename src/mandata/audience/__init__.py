"""The audience: subscribers, lists, fields, consent with its evidence, imports and exports, suppression.

Must never write to anyone, and never hold an identity outside an envelope.
"""

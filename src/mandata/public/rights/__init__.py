"""Where a data subject asks a controller for access or erasure, confirms, sees how far it is, and fetches the answer.

No account, no session, no script: a request is confirmed by a link to the known address, and every later page is
reached by a token.
"""

"""Transports hand letters to other systems and tell what became of each. They know rules only.

`port` states what the engine asks of any transport; `smtp` speaks SMTP over kept, pipelined connections.
"""

"""Delivery: rendering, transports, the sending engine, sending domains, and what comes back (bounces, complaints).

Must never send without the gate's permit, and never send twice by itself.
"""

"""Pure decisions of delivery: states and outcomes of a message, retries, what comes back, records of a domain."""

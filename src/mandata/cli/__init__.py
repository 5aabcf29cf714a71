"""The command line: `mandata up`, `migrate`, `worker`, `verify` …: a file for each command, and all of them thin.

Exit codes: 0 all is well; 1 something did not hold, was refused or failed, told on standard error; 2 wrong usage.
`supervisor` and `lifeline` are the machinery under `mandata up`; `installation` gives every command its database.
"""

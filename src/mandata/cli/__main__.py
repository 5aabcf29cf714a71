"""`python -m mandata.cli` is `mandata`: what the supervisor starts, wherever the script may lie."""

from mandata.cli.main import app

app()

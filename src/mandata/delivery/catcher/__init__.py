"""The shipped mail catcher: an SMTP server that accepts every message, delivers none, and shows what it caught.

For the demo, for trying things out and for tests: `mandata up` without a mail server sends here. It refuses recipients
by a script, and plays the far end: genuine-looking delivery reports (RFC 3464) and complaints (RFC 5965) go back to the
envelope sender over SMTP. What it caught is personal data, so it finds and erases by address.

`server.Catcher` is the whole; `client.CatcherClient` reads it over HTTP.
"""

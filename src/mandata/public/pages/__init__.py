"""Pages for whoever holds a message: unsubscribe, preferences. No account, cookie or script; the token is the key."""

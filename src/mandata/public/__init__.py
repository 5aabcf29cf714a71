"""What recipients and machines meet: unsubscribe, preferences, the web version, open and click, the rights portal."""

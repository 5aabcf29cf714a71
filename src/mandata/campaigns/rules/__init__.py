"""Pure decisions about campaigns: what content is, what is checked in it, which states follow one another."""

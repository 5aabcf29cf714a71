"""Every component of the console on one page, with no database behind it: what the browser tests look at first."""

"""Pages of a controller's members and of a person's own log-in; registration and invitations."""

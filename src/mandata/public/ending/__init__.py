"""What is reached by a link after an agreement ended: an archive for a while, a certificate for good."""

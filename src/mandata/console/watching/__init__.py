"""What machines that watch the installation are told."""

"""What becomes of a call when the connection fails."""

"""Clients that take the audio itself: bytes, a file or its path."""

"""Clients to judge: one that is right, and many that are wrong in one thing each."""

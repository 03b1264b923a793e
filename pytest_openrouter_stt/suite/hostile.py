"""Responses that no server should send, and some do."""

"""Defects of the area *state*."""

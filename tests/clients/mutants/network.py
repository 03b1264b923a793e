"""Defects of the area *network*."""

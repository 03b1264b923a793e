"""Defects of the area *retry*."""

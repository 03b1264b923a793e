"""Defects of the area *audio*."""

"""Defects of the area *invalid*."""

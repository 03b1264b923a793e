"""Defects of the area *hostile*."""

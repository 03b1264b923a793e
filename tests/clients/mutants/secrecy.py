"""Defects of the area *secrecy*."""

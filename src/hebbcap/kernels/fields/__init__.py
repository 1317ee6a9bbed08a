"""Overlaps, fields and next states of packed patterns."""

"""Doors to third parties: one module each."""

"""Measuring: scenes whose true edit is known, scores, tables."""

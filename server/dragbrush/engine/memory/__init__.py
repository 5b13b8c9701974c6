"""Edits kept within the memory of a device: foretold, planned, and tried again with less."""

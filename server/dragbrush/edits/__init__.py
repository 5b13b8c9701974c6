"""The edits, one module for each tool: what is asked for, checked, and the steps that do it."""

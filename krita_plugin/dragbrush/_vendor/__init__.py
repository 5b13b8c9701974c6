"""Code of others, as it came; see README.md."""

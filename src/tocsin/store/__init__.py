"""The working database."""

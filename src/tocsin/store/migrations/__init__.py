"""Alembic migrations of the working database."""

"""The working database. All of it can be rebuilt from the archive."""

from tocsin.store.store import Position, Store

__all__ = ["Position", "Store"]

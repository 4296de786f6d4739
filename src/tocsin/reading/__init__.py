"""Post → Reading."""

from tocsin.reading.protocol import Reader, ReaderOptions

__all__ = ["Reader", "ReaderOptions"]

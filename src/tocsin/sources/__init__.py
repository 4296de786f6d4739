"""Outside → RawItem."""

"""``/api/v1``: the same facts for other software."""

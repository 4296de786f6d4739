"""Language packs (YAML)."""

"""Evidence → Post → Enriched."""

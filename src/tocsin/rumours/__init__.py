"""Post → Sighting."""

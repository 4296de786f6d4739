"""Sightings → Spread."""

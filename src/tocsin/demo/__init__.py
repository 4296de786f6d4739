"""The Makhachkala reconstruction."""

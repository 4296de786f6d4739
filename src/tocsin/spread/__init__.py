"""Sightings → Spread: growth, reach and independence of one rumour, looking back only."""

from tocsin.spread.options import SpreadOptions
from tocsin.spread.towns import towns_named
from tocsin.spread.tracker import SpreadTracker

__all__ = ["SpreadOptions", "SpreadTracker", "towns_named"]

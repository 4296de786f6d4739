"""Post → Sighting: one pass over the posts, each joins a live thread or opens a new one.

Stages, cheapest first: the same text (digest), nearly the same letters (MinHash over
shingles), the same meaning (cosine to a thread's centroid, across languages), the same file.
"""

from tocsin.rumours.options import RumourOptions
from tocsin.rumours.probing import Probe, probe_of
from tocsin.rumours.tracker import RumourTracker

__all__ = ["Probe", "RumourOptions", "RumourTracker", "probe_of"]

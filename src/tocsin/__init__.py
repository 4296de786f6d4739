"""tocsin: early warning of mob violence from what is said in public.

The front door is the command line (``tocsin --help``). ARCHITECTURE.md in the
source tree says which room holds what.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("tocsin")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]

"""The command line. Exit codes: 0 done; 1 a finding; 2 bad usage or a record refused;
3 the environment failed; 130 interrupted.
"""

from tocsin.cli.app import main

__all__ = ["main"]

"""Outside → RawItem."""

from tocsin.sources.detect import detect
from tocsin.sources.json_lines import read_posts_stream
from tocsin.sources.protocol import POST_COLUMNS, ReadOptions, Source
from tocsin.sources.table import Table
from tocsin.sources.telegram_desktop import TelegramDesktop

__all__ = [
    "POST_COLUMNS",
    "ReadOptions",
    "Source",
    "Table",
    "TelegramDesktop",
    "detect",
    "read_posts_stream",
]

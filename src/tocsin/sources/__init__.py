"""Outside → RawItem."""

from tocsin.sources.channel_names import ChannelNames, channel_names
from tocsin.sources.detect import detect
from tocsin.sources.fourcat import FourCat
from tocsin.sources.json_lines import read_posts_stream
from tocsin.sources.protocol import POST_COLUMNS, ReadOptions, Source
from tocsin.sources.table import Table
from tocsin.sources.telegram_desktop import TelegramDesktop
from tocsin.sources.telegram_html import TelegramHtml
from tocsin.sources.telethon_dump import TelethonDump

__all__ = [  # noqa: RUF022 (in plain order, as a test holds)
    "ChannelNames",
    "FourCat",
    "POST_COLUMNS",
    "ReadOptions",
    "Source",
    "Table",
    "TelegramDesktop",
    "TelegramHtml",
    "TelethonDump",
    "channel_names",
    "detect",
    "read_posts_stream",
]

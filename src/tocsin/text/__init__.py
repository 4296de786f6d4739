"""Evidence → Post → Enriched."""

from tocsin.text.clean import clean, digest_text
from tocsin.text.e5 import available as e5_missing
from tocsin.text.e5_adapted import AdaptedE5
from tocsin.text.embed import EMBED_CHARS, Embedder
from tocsin.text.language import LanguageIdentifier
from tocsin.text.posts import post_from_content
from tocsin.text.stage import TextOptions, TextStage, for_encoder
from tocsin.text.vectors import Vectors

__all__ = [
    "EMBED_CHARS",
    "AdaptedE5",
    "Embedder",
    "LanguageIdentifier",
    "TextOptions",
    "TextStage",
    "Vectors",
    "clean",
    "digest_text",
    "e5_missing",
    "for_encoder",
    "post_from_content",
]

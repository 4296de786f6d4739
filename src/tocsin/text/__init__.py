"""Evidence → Post → Enriched."""

from tocsin.text.clean import clean, digest_text
from tocsin.text.embed import EMBED_CHARS, Embedder
from tocsin.text.language import LanguageIdentifier
from tocsin.text.posts import post_from_content
from tocsin.text.stage import TextOptions, TextStage
from tocsin.text.vectors import Vectors

__all__ = [
    "EMBED_CHARS",
    "Embedder",
    "LanguageIdentifier",
    "TextOptions",
    "TextStage",
    "Vectors",
    "clean",
    "digest_text",
    "post_from_content",
]

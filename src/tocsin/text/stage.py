"""Post → Enriched: cleaned text, digest, language, vector."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.model import ChannelProfile, Enriched, Post, Vector
from tocsin.text.clean import MAX_CHARS, URL, clean, digest_text
from tocsin.text.embed import EMBED_CHARS, Embedder, head
from tocsin.text.language import LanguageIdentifier

_HANDLE = re.compile(r"(?<!\w)@\w+")


@dataclass(frozen=True, slots=True)
class TextOptions:
    """Bounds of the text stage.

    Args:
        max_chars: longer texts are cut before anything else looks at them.
        vectors_kept: texts whose vector stays in memory, about 3 KB each.
    """

    max_chars: int = MAX_CHARS
    vectors_kept: int = 16_384


class TextStage:
    """Enriches posts. The result for a post depends on the post and its channel's profile alone.

    Args:
        embedder: None to go without vectors.
    """

    def __init__(self, embedder: Embedder | None, options: TextOptions | None = None) -> None:
        self._embedder = embedder
        self._options = options or TextOptions()
        self._identifier = LanguageIdentifier()
        self._kept: OrderedDict[str, Vector] = OrderedDict()

    def prepare(self, post: Post, profile: ChannelProfile | None) -> Enriched:
        """All but the vector."""
        text = clean(post.text, self._options.max_chars)
        lang, confidence = self._language(post, text, profile.languages if profile else ())
        return Enriched(post, text, digest_text(text), lang, confidence, vector=None)

    def _language(self, post: Post, text: str, usual: tuple[str, ...]) -> tuple[str, float]:
        """What the source declared; otherwise what the text says."""
        if post.lang and post.lang.lower() != "und":
            return post.lang.lower().replace("_", "-"), 1.0
        return self._identifier.identify(text, usual)

    def embed(self, batch: Sequence[Enriched]) -> list[Enriched]:
        """``batch`` with vectors, where there is text in a language the model knows.

        Texts that are equal to the encoder are encoded once. They are recognised by what the
        encoder is given and not by ``digest``, which is coarser: a vector must not depend on
        which of two nearly equal posts came first.
        """
        if self._embedder is None:
            return list(batch)
        seen = [self._seen(one, self._embedder) for one in batch]
        vectors = self._vectors([head(text) for text in seen if text], self._embedder)
        return [
            _with_vector(one, text, vectors[head(text)]) if text else one
            for one, text in zip(batch, seen, strict=True)
        ]

    @staticmethod
    def _seen(one: Enriched, embedder: Embedder) -> str:
        """What the encoder is to see of ``one``; empty: no vector."""
        if one.digest is None or one.lang not in embedder.languages:
            return ""
        return embedding_text(one.text)

    def _vectors(self, texts: Sequence[str], embedder: Embedder) -> dict[str, Vector]:
        """A vector for each distinct text, from memory or from the encoder."""
        found: dict[str, Vector] = {}
        missing: dict[str, None] = {}
        for text in texts:
            if text in self._kept:
                self._kept.move_to_end(text)
                found[text] = self._kept[text]
            else:
                missing[text] = None
        for text, vector in zip(missing, embedder.encode_many(list(missing)), strict=True):
            own = vector.copy()
            own.flags.writeable = False
            found[text] = self._kept[text] = own
        while len(self._kept) > self._options.vectors_kept:
            self._kept.popitem(last=False)
        return found


def embedding_text(cleaned: str) -> str:
    """``cleaned`` without addresses and handles: they name places on the web, not a claim.

    On one line, as the encoder reads it; a post of nothing else keeps them.
    """
    bare = URL.sub(" ", cleaned) if "/" in cleaned or "www." in cleaned else cleaned
    if "@" in bare:
        bare = _HANDLE.sub(" ", bare)
    return " ".join(bare.split()) or " ".join(cleaned.split())


def _with_vector(one: Enriched, seen: str, vector: Vector) -> Enriched:
    return Enriched(
        one.post,
        one.text,
        one.digest,
        one.lang,
        one.lang_confidence,
        vector,
        truncated=len(seen) > EMBED_CHARS,
    )

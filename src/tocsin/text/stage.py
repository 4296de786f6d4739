"""Post → Enriched: cleaned text, digest, language, vector."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tocsin.model import ChannelProfile, Enriched, Post, Vector
from tocsin.text.clean import MAX_CHARS, URL, clean, digest_text
from tocsin.text.embed import EMBED_CHARS, Embedder, head
from tocsin.text.language import LanguageIdentifier, declared_language
from tocsin.text.vectors import Vectors, taken_for

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


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a vector depends on: the text as the encoder sees it, and its language."""

    text: str
    lang: str


class TextStage:
    """Enriches posts. The result for a post depends on the post and its channel's profile alone.

    Args:
        vectors: the models; an Embedder stands for its sixteen languages alone; None to go
            without vectors.
    """

    def __init__(
        self, vectors: Vectors | Embedder | None, options: TextOptions | None = None
    ) -> None:
        if isinstance(vectors, Embedder):
            vectors = Vectors(vectors, multilingual=False)
        self._vectors = vectors
        self._options = options or TextOptions()
        self._identifier = LanguageIdentifier()
        self._kept: OrderedDict[_Asked, Vector] = OrderedDict()

    def prepare(self, post: Post, profile: ChannelProfile | None) -> Enriched:
        """All but the vector; the model that would make it is named already."""
        text = clean(post.text, self._options.max_chars)
        lang, confidence = self._language(post, text, profile.languages if profile else ())
        one = Enriched(post, text, digest_text(text), lang, confidence, vector=None)
        if one.digest is None or self._vectors is None:
            return one
        return replace(one, vector_model=self._vectors.model_of(taken_for(text, lang, confidence)))

    def _language(self, post: Post, text: str, usual: tuple[str, ...]) -> tuple[str, float]:
        """What the source declared; otherwise what the text says."""
        declared = declared_language(post.lang) if post.lang else None
        if declared is not None:
            return declared, 1.0
        return self._identifier.identify(text, usual)

    def embed(self, batch: Sequence[Enriched], *, unsure: bool = False) -> list[Enriched]:
        """``batch`` with vectors, where there is text in a language that a model knows.

        Texts that are equal to the encoder are encoded once. They are recognised by what the
        encoder is given and not by ``digest``, which is coarser: a vector must not depend on
        which of two nearly equal posts came first.

        Args:
            unsure: also texts whose language was told unsurely, by :func:`taken_for`: right
                for comparing texts; what is to be read must be in a language that is known.
        """
        vectors = self._vectors
        if vectors is None:
            return list(batch)
        asked = [self._asked(one, vectors, unsure) for one in batch]
        found = self._found((key for key in asked if key is not None), vectors)
        return [
            one if key is None else _with_vector(one, found[key], vectors.model_of(key.lang))
            for one, key in zip(batch, asked, strict=True)
        ]

    @staticmethod
    def _asked(one: Enriched, vectors: Vectors, unsure: bool) -> _Asked | None:
        """What the encoder is to be asked for ``one``; None: no vector."""
        lang = taken_for(one.text, one.lang, one.lang_confidence)
        if one.digest is None or vectors.model_of(lang) is None:
            return None
        if lang != one.lang and not unsure:
            return None
        return _Asked(for_encoder(one.text), lang)

    def _found(self, asked: Iterable[_Asked], vectors: Vectors) -> dict[_Asked, Vector]:
        """A vector for each that is distinct, from memory or from the encoder."""
        found: dict[_Asked, Vector] = {}
        missing: dict[_Asked, None] = {}
        for key in asked:
            if key in self._kept:
                self._kept.move_to_end(key)
                found[key] = self._kept[key]
            else:
                missing[key] = None
        made = vectors.encode_many([key.text for key in missing], [key.lang for key in missing])
        for key, vector in zip(missing, made, strict=True):
            own = vector.copy()
            own.flags.writeable = False
            found[key] = self._kept[key] = own
        while len(self._kept) > self._options.vectors_kept:
            self._kept.popitem(last=False)
        return found


def for_encoder(cleaned: str) -> str:
    """What the encoder is given of a cleaned text."""
    return head(embedding_text(cleaned))


def embedding_text(cleaned: str) -> str:
    """``cleaned`` without addresses and handles: they name places on the web, not a claim.

    On one line, as the encoder reads it; a post of nothing else keeps them.
    """
    bare = URL.sub(" ", cleaned) if "/" in cleaned or "www." in cleaned else cleaned
    if "@" in bare:
        bare = _HANDLE.sub(" ", bare)
    return " ".join(bare.split()) or " ".join(cleaned.split())


def _with_vector(one: Enriched, vector: Vector, model: str | None) -> Enriched:
    cut = len(embedding_text(one.text)) > EMBED_CHARS
    return replace(one, vector=vector, vector_model=model, truncated=cut)

"""Which encoder and heads look at a text, and what they make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tocsin.model.post import OWN_VECTORS, Enriched, Vector
from tocsin.model.reading import Act
from tocsin.reading.heads import JUDGE, SCREEN, Heads, HeadScores, Pooling, Weight, stored
from tocsin.reading.languages import as_encoded
from tocsin.reading.look import Look
from tocsin.reading.protocol import Encode, ReaderOptions

LEAST = 0.04
"""Alarm of the screen from which the judge looks: on posts before the cut-off date, one post in
thirty of those with text."""

ADAPTER = "lora."
"""Prefix of the judge's adapters among its weights; the rest are its heads."""

POOLING = "pooling"
"""How judge and screen make one alarm and one score of each act, in the order of Act, among the
judge's weights (7, 3)."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Heads over the vectors of ``encode``, and how what they give is pooled with the screen's."""

    heads: Heads
    encode: Encode
    alarm: Pooling
    acts: Mapping[Act, Pooling]

    def pooled(self, close: HeadScores, quick: HeadScores) -> HeadScores:
        """Alarm and acts by judge and screen; frames are the judge's."""
        acts = {act: self.acts[act].both(close.acts[act], quick.acts[act]) for act in Act}
        return replace(close, alarm=self.alarm.both(close.alarm, quick.alarm), acts=acts)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The trained part of the reader.

    Args:
        screen: heads over the vectors of ``encode``.
        judge: None: the screen decides.
    """

    screen: Heads
    encode: Encode
    judge: Judge | None = None

    def scores(self, look: Look, lang: str, own: Enriched | None) -> HeadScores:
        """Probabilities for a text that the rules have looked at.

        Args:
            own: the post, where the text is the whole of it; its vector is used if it is of the
                text that the screen is to be shown.
        """
        quick = self.screen.scores(self._vector(look, lang, own), look.features)
        if self.judge is None or quick.alarm < LEAST:
            return quick
        vector = self.judge.encode([look.masked], lang)[0]
        return self.judge.pooled(self.judge.heads.scores(vector, look.features), quick)

    def explain(self, look: Look, lang: str, own: Enriched | None) -> tuple[list[Weight], float]:
        """What each feature adds to the logit of ``alarm``, and the bias."""
        vector = self._vector(look, lang, own)
        quick = self.screen.scores(vector, look.features)
        if self.judge is None or quick.alarm < LEAST:
            return self.screen.explain(vector, look.features)
        close = self.judge.encode([look.masked], lang)[0]
        return self.judge.alarm.weights(self.judge.heads.explain(close, look.features), quick.alarm)

    def versions(self) -> dict[str, str]:
        """Digests of the weights in force, for the ledger."""
        judge = {} if self.judge is None else {"reading_judge": self.judge.heads.digest}
        return {"reading_screen": self.screen.digest, **judge}

    def _vector(self, look: Look, lang: str, own: Enriched | None) -> Vector:
        if own is not None and own.vector is not None and is_own(look, lang, own):
            return own.vector
        text, like = as_encoded(look.masked, lang)
        vector: Vector = np.asarray(self.encode([text], like)[0], dtype=np.float32)
        return vector


def is_own(look: Look, lang: str, post: Enriched) -> bool:
    """Whether a post's own vector is what the screen would be shown."""
    own = post.lang == lang and post.text == look.masked
    return own and post.vector_model in {OWN_VECTORS, None}


def load(options: ReaderOptions) -> Judgement | None:
    """The trained part as it came with the program; None without an encoder."""
    if options.encode is None:
        return None
    screen = Heads(*stored(SCREEN))
    if options.adapt is None:
        return Judgement(screen, options.encode)
    arrays, digest = stored(JUDGE)
    closely = options.adapt(
        {k.removeprefix(ADAPTER): v for k, v in arrays.items() if k.startswith(ADAPTER)}
    )
    if closely is None:
        return Judgement(screen, options.encode)
    alarm, *acts = (Pooling(*map(float, row)) for row in arrays.pop(POOLING))
    heads = Heads({k: v for k, v in arrays.items() if not k.startswith(ADAPTER)}, digest)
    judge = Judge(heads, closely, alarm, dict(zip(Act, acts, strict=True)))
    return Judgement(screen, options.encode, judge)

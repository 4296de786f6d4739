"""Train the judge: multilingual-e5-small adapted to reading (part of ``make models``).

Needs ``torch`` (``pip install torch==2.13.0``), which nothing else here does: gradients through a
transformer are not written out by hand. The lower layers keep the published weights; the upper
ones get low-rank adapters, trained together with the heads on ``reading_posts``. What is kept
are the adapters and the heads; ``tocsin.text.e5_adapted`` adds them to the published weights.

Two judges are trained, one without the posts of the newest writers, and their weights averaged. The
posts of some other writers are left out of both: what is kept is measured, calibrated and pooled
with the screen on them. Deterministic on one kind of machine: fixed order and seed.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time

import numpy as np
import numpy.typing as npt
import reading_posts
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional as fn
from train_reading_screen import (
    TARGET,
    Measured,
    calibrated,
    folds_of,
    mean_logits,
    measured,
    report,
    together,
)

from tocsin.model.reading import Act
from tocsin.reading.features import FEATURES
from tocsin.reading.heads import JUDGE, OUTPUTS, SCREEN, Heads, inputs, stored
from tocsin.reading.judgement import ADAPTER, POOLING
from tocsin.text import e5, for_encoder
from tocsin.text.e5_file import HEADS, LAYERS, WIDTH, E5File, read_e5
from tocsin.text.e5_tokens import E5Tokens

FROZEN = 6
"""Layers that stay as published; what they make of a text is computed once."""

RANK, SCALE = 16, 2.0
HIDDEN, DROP = 128, 0.3
EPOCHS, BATCH = 4, 32
STEP, HEAD_STEP, DECAY, WARM_UP = 5e-4, 2e-3, 0.01, 50
VECTOR_SCALE = 20.0
LEAST_SCALE = 0.1
PARTS = ("q", "k", "v", "ao", "fi", "fo")
BACKGROUND = 1600
"""Unlabelled posts and passages that are used, those that alarm the screen most: they are what the
judge will be shown."""

DOUBTFUL = 0.5
"""Alarm of the screen from which an unlabelled post may well be what it looks like: not used."""

BOTH = 1 + len(Act)
"""So many outputs are pooled: the alarm and the acts, which come first."""

UNSEEN_WRITERS = frozenset({"k2", "k3", "k6"})
"""Whose posts measure and calibrate: one wrote in Russian, one in English, one in French, Spanish
and Ukrainian."""

NEWEST_WRITERS = frozenset({"k13", "k15", "k16", "k17"})
"""Two judges are trained, one without their posts, and averaged."""

Floats = npt.NDArray[np.float32]
Tensor = torch.Tensor


class Product(nn.Module):
    """W x + b, with or without an adapter; W and b are never changed."""

    def __init__(self, file: E5File, layer: int, part: str, *, adapted: bool) -> None:
        super().__init__()
        linear = file.linear(layer, part)
        self.weight = torch.tensor(linear.weight)
        self.bias = torch.tensor(linear.bias)
        if adapted:
            rows, columns = linear.weight.shape
            self.a = nn.Parameter(torch.randn(RANK, columns) / math.sqrt(columns))
            self.b = nn.Parameter(torch.zeros(rows, RANK))
        self.adapted = adapted

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) → (…, out)."""
        plain = fn.linear(x, self.weight, self.bias)
        return plain + SCALE * fn.linear(fn.linear(x, self.a), self.b) if self.adapted else plain


class Layer(nn.Module):
    """One layer of the transformer, as in ``tocsin.text.e5_network``."""

    def __init__(self, file: E5File, number: int, *, adapted: bool) -> None:
        super().__init__()
        self.products = nn.ModuleDict(
            {part: Product(file, number, part, adapted=adapted) for part in PARTS}
        )
        self.norms = [_norm(file, f"l{number}.{name}") for name in ("aln", "oln")]

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """x (n, L, 384), there (n, L)."""
        p = self.products
        size = (len(x), x.shape[1], HEADS, WIDTH // HEADS)
        q, k, v = (p[part](x).view(size).transpose(1, 2) for part in ("q", "k", "v"))
        seen = fn.scaled_dot_product_attention(q, k, v, attn_mask=there[:, None, None, :])
        x = self.norms[0](x + p["ao"](seen.transpose(1, 2).reshape(x.shape)))
        normed: Tensor = self.norms[1](x + p["fo"](fn.gelu(p["fi"](x))))
        return normed


def _norm(file: E5File, name: str):  # type: ignore[no-untyped-def]
    norm = file.norm(name)
    gain, shift = torch.tensor(norm.gain), torch.tensor(norm.shift)
    return lambda x: fn.layer_norm(x, (WIDTH,), gain, shift, eps=file.epsilon)


class Lower:
    """The layers that stay: a text → its pieces after them, computed once and kept in 16 bits."""

    def __init__(self, file: E5File) -> None:
        self._file = file
        self._tokens = E5Tokens(file.vocabulary)
        self._norm = _norm(file, "emb.ln")
        self._places = torch.tensor(file.places())
        self._layers = [Layer(file, number, adapted=False) for number in range(FROZEN)]

    def of(self, texts: list[str]) -> list[Tensor]:
        """For each text (L, 384)."""
        ids = [self._tokens.ids(e5.PREFIX + for_encoder(text)) for text in texts]
        found: list[Tensor] = [torch.empty(0)] * len(texts)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        with torch.no_grad():
            for first in range(0, len(order), BATCH):
                some = order[first : first + BATCH]
                rows = [torch.tensor(self._file.words.floats(np.asarray(ids[i]))) for i in some]
                x, there = padded([r + self._places[: len(r)] for r in rows])
                x = self._norm(x)
                for layer in self._layers:
                    x = layer(x, there)
                for j, i in enumerate(some):
                    found[i] = x[j, : len(ids[i])].to(torch.bfloat16)
        return found


def padded(rows: list[Tensor]) -> tuple[Tensor, Tensor]:
    """(n, L, 384) float32 and which pieces are there (n, L)."""
    longest = max(len(r) for r in rows)
    x = torch.zeros((len(rows), longest, WIDTH))
    there = torch.zeros((len(rows), longest), dtype=torch.bool)
    for j, r in enumerate(rows):
        x[j, : len(r)] = r
        there[j, : len(r)] = True
    return x, there


class Judge(nn.Module):
    """Upper layers with adapters, and the heads."""

    def __init__(self, file: E5File) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            Layer(file, number, adapted=True) for number in range(FROZEN, LAYERS)
        )
        self.hidden = nn.Linear(WIDTH + len(FEATURES), HIDDEN)
        self.out = nn.Linear(HIDDEN, len(OUTPUTS))
        self.drop = nn.Dropout(DROP)

    def forward(self, x: Tensor, there: Tensor, features: Tensor) -> Tensor:
        """Logits (n, outputs); ``features`` are standardised."""
        for layer in self.layers:
            x = layer(x, there)
        mean = (x * there[:, :, None]).sum(1) / there.sum(1, keepdim=True)
        vector = fn.normalize(mean.float(), dim=-1) * VECTOR_SCALE
        given = torch.cat([self.drop(vector), self.drop(features)], 1)
        logits: Tensor = self.out(self.drop(torch.relu(self.hidden(given))))
        return logits


class Data:
    """Rows as tensors."""

    def __init__(self, lower: list[Tensor], features: Floats, y: Floats, weight: Floats) -> None:
        self.lower = lower
        self.features = torch.tensor(features)
        self.y = torch.tensor(y)
        self.weight = torch.tensor(weight)
        self.lengths = np.array([len(one) for one in lower])

    def of(self, some: npt.NDArray[np.int64]) -> Data:
        """Some of the rows."""
        part = object.__new__(Data)
        part.lower = [self.lower[i] for i in some]
        part.features, part.y, part.weight = self.features[some], self.y[some], self.weight[some]
        part.lengths = self.lengths[some]
        return part

    def batch(self, some: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs of some rows."""
        x, there = padded([self.lower[i].float() for i in some])
        return x, there, self.features[some]


def train(file: E5File, data: Data, rows: npt.NDArray[np.int64]) -> Judge:
    """Adapters and heads, from the same seed every time."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    judge = Judge(file)
    heads = [*judge.hidden.parameters(), *judge.out.parameters()]
    groups = [
        {"params": list(judge.layers.parameters()), "lr": STEP},
        {"params": heads, "lr": HEAD_STEP},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
    steps = EPOCHS * math.ceil(len(rows) / BATCH)
    fall = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min(1, (s + 1) / WARM_UP) * max(0.02, 1 - s / steps)
    )
    judge.train()
    for epoch in range(EPOCHS):
        started, total = time.monotonic(), 0.0
        for some in _batches(rng.permutation(rows), data.lengths):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = judge(*data.batch(some)).float()
            each = fn.binary_cross_entropy_with_logits(logits, data.y[some], reduction="none")
            loss = (each * data.weight[some]).sum() / len(some)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            fall.step()
            total += float(loss) * len(some)
        spent = time.monotonic() - started
        print(f"epoch {epoch}: loss {total / len(rows):.3f}, {spent:.0f} s", file=sys.stderr)
    return judge.eval()


def _batches(
    rows: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.int64]]:
    """Rows in batches of like length, so that little is padded."""
    found = []
    for first in range(0, len(rows), 8 * BATCH):
        some = rows[first : first + 8 * BATCH]
        some = some[np.argsort(lengths[some], kind="stable")]
        found += [some[at : at + BATCH] for at in range(0, len(some), BATCH)]
    return found


def logits_of(judge: Judge, data: Data, rows: npt.NDArray[np.int64]) -> Floats:
    """(n, outputs)."""
    z = np.zeros((len(rows), len(OUTPUTS)), dtype=np.float32)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for first in range(0, len(rows), 2 * BATCH):
            some = rows[first : first + 2 * BATCH]
            z[first : first + len(some)] = judge(*data.batch(some)).float().numpy()
    return z


def arrays_of(judge: Judge) -> dict[str, Floats]:
    """Adapters and heads as they are stored."""
    found: dict[str, Floats] = {f"{ADAPTER}scale": np.float32(SCALE)}  # type: ignore[dict-item]
    for at, layer in enumerate(judge.layers):
        for part in PARTS:
            product = layer.products[part]
            for name in ("a", "b"):
                key = f"{ADAPTER}l{FROZEN + at}.{part}.{name}"
                found[key] = getattr(product, name).detach().numpy().astype(np.float16)
    found["w1"] = judge.hidden.weight.detach().numpy().T.copy()
    found["b1"] = judge.hidden.bias.detach().numpy()
    found["w2"] = judge.out.weight.detach().numpy().T.copy()
    found["b2"] = judge.out.bias.detach().numpy()
    return found


def main() -> None:
    """Train, measure and calibrate on unseen writers, write weights and card."""
    torch.set_num_threads(2)
    found = measured()
    vectors = found.vectors()
    screen = Heads(*stored(SCREEN))
    used = chosen(found, vectors, screen)
    rows, texts = [found.rows[i] for i in used], [found.texts[i][0] for i in used]
    features = found.features[used]
    y, weight = reading_posts.as_arrays(rows)
    mean = features.mean(axis=0)
    scale = np.maximum(features.std(axis=0), LEAST_SCALE)
    standard = inputs(np.empty((len(rows), 0), np.float32), features, (mean, scale), 1.0)
    file = read_e5(e5.weights_file())
    data = Data(Lower(file).of(texts), standard, y, weight)
    every, kept_out = np.arange(len(rows)), held_out(rows)
    unseen = every[kept_out]
    newest = np.array([row.writer in NEWEST_WRITERS for row in rows])
    members = [train(file, data, every[~kept_out & ~(newest & left_out)]) for left_out in (1, 0)]
    quick = unseen_screen(found, vectors, screen)[[used[i] for i in unseen]]
    told = y[unseen], weight[unseen]
    keep(averaged(members), (data.of(unseen), quick), (rows, unseen), told, (mean, scale))


def averaged(judges: list[Judge]) -> Judge:
    """One judge with the mean of the weights of several (Wortsman et al. 2022, "Model soups").

    They begin alike, from the published weights and the same seed, and are trained on much the
    same posts, so that what lies between them is as good as they are, and mostly better.
    """
    states = [judge.state_dict() for judge in judges]
    judges[0].load_state_dict(
        {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
    )
    return judges[0].eval()


def keep(
    judge: Judge,
    shown: tuple[Data, Floats],
    of: tuple[list[reading_posts.Row], npt.NDArray[np.int64]],
    told: tuple[Floats, Floats],
    standard: tuple[Floats, Floats],
) -> None:
    """Calibrate, pool with the screen, measure, and write weights and card.

    Args:
        shown: the posts held out, and what the screen makes of them.
        of: all rows, and the numbers of those held out.
        told: labels and their weights.
        standard: mean and scale of the features.
    """
    (data, quick), (rows, unseen), (y, weight) = shown, of, told
    z = logits_of(judge, data, np.arange(len(unseen)))
    slopes, shifts = calibrated(z, y, weight)
    z = z * slopes + shifts
    pooling = np.stack([pooled(z[:, k], quick[:, k], y[:, k], weight[:, k]) for k in range(BOTH)])
    z[:, :BOTH] = z[:, :BOTH] * pooling[:, 0] + quick[:, :BOTH] * pooling[:, 1] + pooling[:, 2]
    card = report(z, y, weight, [rows[i] for i in unseen])
    print(json.dumps(card, indent=2))
    arrays = arrays_of(judge)
    arrays |= {"slope": slopes, "shift": shifts, POOLING: pooling}
    arrays |= {"mean": standard[0], "scale": standard[1]}
    arrays["vector_scale"] = np.float32(VECTOR_SCALE)  # type: ignore[assignment]
    np.savez_compressed(TARGET / JUDGE, allow_pickle=False, **arrays)
    write_card(rows, card)


def chosen(found: Measured, vectors: Floats, screen: Heads) -> list[int]:
    """All labelled rows, and the unlabelled ones that alarm the screen most."""
    unlabelled = {"background", "passages"}
    alarms = [
        (-screen.scores(vectors[i], tuple(map(float, found.features[i]))).alarm, i)
        for i, row in enumerate(found.rows)
        if row.source in unlabelled
    ]
    likely = [i for minus, i in sorted(alarms) if -minus < DOUBTFUL][:BACKGROUND]
    labelled = [i for i, row in enumerate(found.rows) if row.source in reading_posts.LABELLED]
    return sorted([*labelled, *likely])


def held_out(rows: list[reading_posts.Row]) -> npt.NDArray[np.bool_]:
    """Which rows measure and calibrate (n,): our posts by some writers, since a post is read worse
    where nothing by its writer was trained on, and so will everything be that is read in earnest;
    and a fold of the posts that are not ours.
    """
    fold = folds_of(rows)
    ours = {"ours", "spoilt"}
    return np.array(
        [
            row.writer in UNSEEN_WRITERS if row.source in ours else k == 0
            for row, k in zip(rows, fold, strict=True)
        ]
    )


def unseen_screen(found: Measured, vectors: Floats, screen: Heads) -> Floats:
    """Calibrated logits (n, outputs) by a screen that has not seen what is held out."""
    y, weight = reading_posts.as_arrays(found.rows)
    x = screen.inputs(vectors, found.features)
    seen = ~held_out(found.rows)
    slopes, shifts = screen.calibration
    logits: Floats = mean_logits(together(x[seen], y[seen], weight[seen]), x) * slopes + shifts
    return logits


def pooled(judge: Floats, screen: Floats, y: Floats, weight: Floats) -> Floats:
    """Weights of the judge's and of the screen's logit, and a shift (3,)."""
    known = weight > 0
    both = np.column_stack([judge, screen])[known]
    model = LogisticRegression(C=100.0).fit(both, y[known], sample_weight=weight[known])
    return np.array([*model.coef_[0], model.intercept_[0]], dtype=np.float32)


def write_card(rows: list[reading_posts.Row], found: dict[str, object]) -> None:
    """What the weights are."""
    sources = sorted({row.source for row in rows})
    card = {
        "rows": {source: sum(row.source == source for row in rows) for source in sources},
        "ours_sha256": reading_posts.digest_of_ours(),
        "base": {"model": "multilingual-e5-small", "digest": e5.MODEL_DIGEST},
        "average_precision_unseen_writers": found,
        "weights_sha256": hashlib.sha256((TARGET / JUDGE).read_bytes()).hexdigest(),
    }
    (TARGET / "reading_judge.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()

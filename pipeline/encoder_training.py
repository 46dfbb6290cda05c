"""Passages to learn from -> fine-tuned encoder: torch on the CPU, by hand, never in a test or at run time.

`huabu train --encoder` (extra `huabu[train]`). A part of the cases is held out: what the encoder says
of them gives mixing weights, links and thresholds.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from pipeline.blocks import CODES
from pipeline.encoder import FloatArray, Reading, input_pieces, unpack
from pipeline.encoder_passages import SEED, Passage, Sample, sample, varied
from pipeline.encoder_weights import SIZE, Weights
from pipeline.pieces import PAD, Pieces, keep

HEADS, POSITIONS = 12, 192
BATCH, DROPOUT = 16, 0.1
SCALED = 960  # passages that the scale of the means is taken from
# Of the 250,000 pieces, those that Chinese business text is written with: Han and full-width
# punctuation, short ASCII ones to spell any Latin word with, and all the labelled corpus holds.
_WANTED = re.compile("\u2581?(?:[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+|[!-~]{0,3})")


@dataclass(frozen=True, slots=True)
class Course:
    """How often and how fast the passages are learned, and how many of them run into the next one."""

    epochs: int
    rate: float  # of the layers
    head_rate: float
    merged: float
    warm_up: float  # share of the steps


FRESH = Course(4, 8e-5, 8e-4, 0.25, 0.10)  # the head starts from nothing, the layers from a trained model
AGAIN = Course(1, 4e-5, 1e-4, 0.10, 0.06)  # from a rater that has learned before


class Layer(nn.Module):
    """One transformer layer, normalised after each half (Devlin et al. 2019)."""

    def __init__(self, tensors: dict[str, npt.NDArray[np.float32]], number: int) -> None:
        super().__init__()
        inner = tensors[f"l{number}.fi.b"].size
        sizes = {"q": (SIZE, SIZE), "k": (SIZE, SIZE), "v": (SIZE, SIZE), "ao": (SIZE, SIZE)}
        sizes |= {"fi": (inner, SIZE), "fo": (SIZE, inner)}
        for name, (out, into) in sizes.items():
            linear = nn.Linear(into, out)
            linear.weight.data = torch.from_numpy(tensors[f"l{number}.{name}.w"].reshape(out, into).copy())
            linear.bias.data = torch.from_numpy(tensors[f"l{number}.{name}.b"].copy())
            self.add_module(name, linear)
        self.aln, self.oln = (_norm(tensors, f"l{number}.{name}") for name in ("aln", "oln"))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: torch.Tensor, attend: torch.Tensor | None) -> torch.Tensor:
        q, k, v = (
            part(x).view(x.shape[0], -1, HEADS, SIZE // HEADS).transpose(1, 2)
            for part in (self.q, self.k, self.v)
        )
        affinity = q @ k.transpose(2, 3) * (SIZE // HEADS) ** -0.5
        if attend is not None:
            affinity = affinity.masked_fill(~attend, float("-inf"))
        mixed = (self.dropout(torch.softmax(affinity, -1)) @ v).transpose(1, 2).reshape(x.shape[0], -1, SIZE)
        x = self.aln(x + self.dropout(self.ao(mixed)))
        return self.oln(x + self.dropout(self.fo(functional.gelu(self.fi(x)))))


def _norm(tensors: dict[str, npt.NDArray[np.float32]], name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(SIZE, eps=1e-12)
    norm.weight.data = torch.from_numpy(tensors[f"{name}.w"].copy())
    norm.bias.data = torch.from_numpy(tensors[f"{name}.b"].copy())
    return norm


class Rater(nn.Module):
    """Embedded pieces -> log-odds of the nine blocks, from the mean over the passage's own pieces.

    The means of this model differ little between texts, so they are centred and scaled (by what
    the untrained layers give) before the head: without it the head learns nothing in four epochs.
    """

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        tensors = weights.tensors
        position = tensors["emb.pos"].reshape(-1, SIZE)[:POSITIONS] + tensors["emb.type"][:SIZE]
        self.register_buffer("position", torch.from_numpy(position))
        self.norm = _norm(tensors, "emb.ln")
        self.layers = nn.ModuleList(Layer(tensors, number) for number in range(weights.layers))
        self.dropout = nn.Dropout(DROPOUT)
        self.register_buffer("centre", torch.zeros(SIZE))
        self.register_buffer("scale", torch.ones(SIZE))
        self.head = nn.Linear(SIZE, len(CODES))
        nn.init.zeros_(self.head.weight)
        nn.init.constant_(self.head.bias, -2.0)  # about the share of a block

    def mean(self, embedded: torch.Tensor, own: torch.Tensor, attend: torch.Tensor | None) -> torch.Tensor:
        x = self.dropout(self.norm(embedded + self.position[: embedded.shape[1]]))
        for layer in self.layers:
            x = layer(x, attend)
        weight = own[:, :, None].to(x.dtype)
        return ((x * weight).sum(1) / weight.sum(1)).float()

    def forward(
        self, embedded: torch.Tensor, own: torch.Tensor, attend: torch.Tensor | None = None
    ) -> torch.Tensor:
        centred = (self.mean(embedded, own, attend) - self.centre) / self.scale
        return self.head(self.dropout(centred))


def pruned(weights: Weights, readings: Sequence[Reading]) -> tuple[Pieces, npt.NDArray[np.uint8]]:
    """The vocabulary worth shipping and its embeddings (pieces, 12, 18)."""
    wanted = {i for i, text in enumerate(weights.pieces.texts) if _WANTED.fullmatch(text)}
    for reading in readings:
        wanted.update(input_pieces(weights.pieces, reading)[0])
    pieces, old = keep(weights.pieces, wanted)
    return pieces, weights.embeddings[old]


def fresh(weights: Weights, table: torch.Tensor, data: Sequence[Sample]) -> Rater:
    """A rater that has learned nothing yet; the scale of its means is that of some of the samples."""
    torch.manual_seed(SEED)
    rater = Rater(weights)
    _take_scale(rater, table, data[:SCALED])
    return rater


def fine_tune(
    rater: Rater,
    table: torch.Tensor,
    pieces: Pieces,
    data: Sequence[Passage],
    course: Course,
    report: Callable[[str], None],
) -> Rater:
    """The rater after it has read the passages `course.epochs` times. The same passages give the same
    rater on one machine (seeded; sums on other processors may differ in their last digits)."""
    torch.manual_seed(SEED)
    layers = [p for name, p in rater.named_parameters() if not name.startswith("head")]
    groups = [
        {"params": layers, "lr": course.rate},
        {"params": list(rater.head.parameters()), "lr": course.head_rate},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = course.epochs * -(-len(data) // BATCH)

    def rate(step: int) -> float:
        return min(step / (course.warm_up * steps), (steps - step) / ((1 - course.warm_up) * steps))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    order = random.Random(SEED)  # noqa: S311 (an order, no secret)
    rater.train()
    for epoch in range(course.epochs):
        total = 0.0
        read = [sample(pieces, passage) for passage in varied(data, order, course.merged)]
        for batch in _batches(read, order):
            ids, own = _padded(batch)
            truth = torch.tensor([s.wanted for s in batch])
            logits = rater(table[ids], own, (ids != PAD)[:, None, None, :])
            loss = functional.binary_cross_entropy_with_logits(logits, truth)
            loss.backward()
            nn.utils.clip_grad_norm_(rater.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            total += loss.item() * len(batch)
        report(f"epoch {epoch + 1}/{course.epochs}: loss {total / len(data):.4f}")
    return rater.eval()


def _take_scale(rater: Rater, table: torch.Tensor, data: Sequence[Sample]) -> None:
    rater.eval()
    means = []
    with torch.no_grad():
        for start in range(0, len(data), 32):
            ids, own = _padded(data[start : start + 32])
            means.append(rater.mean(table[ids], own, (ids != PAD)[:, None, None, :]))
    rater.centre.copy_(torch.cat(means).mean(0))
    rater.scale.copy_(torch.cat(means).std(0))


def _batches(data: Sequence[Sample], order: random.Random) -> Iterator[list[Sample]]:
    """Batches of like length in random order: padding is time lost."""
    numbers = list(range(len(data)))
    order.shuffle(numbers)
    pool = 50 * BATCH
    groups = [
        sorted(numbers[i : i + pool], key=lambda n: len(data[n].ids)) for i in range(0, len(numbers), pool)
    ]
    batches = [group[i : i + BATCH] for group in groups for i in range(0, len(group), BATCH)]
    order.shuffle(batches)
    for batch in batches:
        yield [data[n] for n in batch]


def _padded(batch: Sequence[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(s.ids) for s in batch)
    ids = torch.full((len(batch), longest), PAD, dtype=torch.long)
    own = torch.zeros((len(batch), longest))
    for row, one in enumerate(batch):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        own[row, : len(one.mask)] = torch.tensor(one.mask)
    return ids, own


def table_of(embeddings: npt.NDArray[np.uint8]) -> torch.Tensor:
    """The word embeddings, one row a piece; they are not trained."""
    return torch.from_numpy(unpack(embeddings))


def log_odds(rater: Rater, table: torch.Tensor, data: Sequence[Sample]) -> FloatArray:
    """Shape (samples, 9): what the rater says of each."""
    found = np.zeros((len(data), len(CODES)))
    order = sorted(range(len(data)), key=lambda n: len(data[n].ids))
    with torch.no_grad():
        for start in range(0, len(order), 32):
            numbers = order[start : start + 32]
            ids, own = _padded([data[n] for n in numbers])
            found[numbers] = rater(table[ids], own, (ids != PAD)[:, None, None, :]).numpy()
    return found

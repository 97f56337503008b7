"""The draft: the Llama model of `stories`, with a head of its own that scores a part of the vocabulary."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stories.model import Cache, Llama, Shape

SHAPE = dict(width=256, layers=2, heads=4, kv_heads=2, head_dim=64, feed_forward=1024, context=2048)


class Draft(Llama):
    def __init__(self, shape: Shape, head_tokens: Tensor, dropout: float = 0.0):
        """`head_tokens` are the ids that the head scores, ascending."""
        super().__init__(shape, dropout)
        self.embedding.sparse = True
        self.head = nn.Linear(shape.width, len(head_tokens), bias=False)
        self.register_buffer("head_tokens", head_tokens)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """ids is [batch, rows]; logits are [batch, rows, head tokens]."""
        x, after = self.states(ids, cache)
        return F.linear(x, self.head.weight), after

    def score(self, ids: Tensor, rows: Tensor) -> Tensor:
        """Logits at some positions of a batch, given by flat index: [rows, head tokens]."""
        states = self.states(ids)[0].flatten(0, 1)[rows]
        return F.linear(self.dropout(states), self.head.weight)

    def columns(self) -> Tensor:
        """Column of each token in the logits, or −1 where the head does not score it, [vocabulary]."""
        table = torch.full((self.shape.vocabulary,), -1, device=self.head_tokens.device)
        table[self.head_tokens] = torch.arange(len(self.head_tokens), device=self.head_tokens.device)
        return table


def load_draft(path: Path, dropout: float = 0.0) -> tuple[Draft, dict]:
    saved = torch.load(path, weights_only=True)
    model = Draft(Shape(**saved["shape"]), saved["weights"]["head_tokens"], dropout)
    model.load_state_dict(saved["weights"])
    return model.eval(), saved["facts"]


def save_draft(model: Draft, path: Path, **facts: object) -> None:
    torch.save({"shape": asdict(model.shape), "weights": model.state_dict(), "facts": facts}, path)

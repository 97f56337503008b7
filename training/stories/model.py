"""A Llama model small enough to train on two CPU cores: pre-norm, rotary, grouped keys, SwiGLU, tied embedding."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    head_dim: int
    context: int = 1024
    rope_theta: float = 10_000.0
    norm_epsilon: float = 1e-5


SHAPES = {
    "stories": dict(width=256, layers=6, heads=4, kv_heads=2, head_dim=64, feed_forward=512),
    "stories-draft": dict(width=128, layers=1, heads=4, kv_heads=2, head_dim=32, feed_forward=256),
}

Cache = list[tuple[Tensor, Tensor]]


class Layer(nn.Module):
    def __init__(self, shape: Shape, dropout: float):
        super().__init__()
        self.shape, self.dropout = shape, nn.Dropout(dropout)
        inner, kv = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        self.input_norm = nn.RMSNorm(shape.width, shape.norm_epsilon)
        self.q = nn.Linear(shape.width, inner, bias=False)
        self.k = nn.Linear(shape.width, kv, bias=False)
        self.v = nn.Linear(shape.width, kv, bias=False)
        self.o = nn.Linear(inner, shape.width, bias=False)
        self.post_norm = nn.RMSNorm(shape.width, shape.norm_epsilon)
        self.gate = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.up = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x: Tensor, angles: tuple[Tensor, Tensor], past: tuple[Tensor, Tensor] | None):
        """x is [batch, rows, width]; with `past` exactly one row is fed. Returns x and this layer's keys and values."""
        s, (batch, rows, _) = self.shape, x.shape
        h = self.input_norm(x)
        heads = lambda y, n: y.view(batch, rows, n, s.head_dim).transpose(1, 2)
        q = rotate(heads(self.q(h), s.heads), angles)
        k, v = rotate(heads(self.k(h), s.kv_heads), angles), heads(self.v(h), s.kv_heads)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=past is None, enable_gqa=True)
        x = x + self.dropout(self.o(y.transpose(1, 2).reshape(batch, rows, -1)))
        h = self.post_norm(x)
        return x + self.dropout(self.down(F.silu(self.gate(h)) * self.up(h))), (k, v)


def rotate(x: Tensor, angles: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary position embedding, half-split order (as in Hugging Face checkpoints)."""
    (a, b), (cos, sin) = x.chunk(2, -1), angles
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Llama(nn.Module):
    def __init__(self, shape: Shape, dropout: float = 0.0):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, shape.norm_epsilon)
        frequency = shape.rope_theta ** (-torch.arange(0, shape.head_dim, 2).float() / shape.head_dim)
        angle = torch.arange(shape.context).float()[:, None] * frequency
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                into_residual = name.endswith(("o.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * shape.layers) ** 0.5 if into_residual else 0.02)

    def states(self, ids: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """ids is [batch, rows]; what the head reads is [batch, rows, width]."""
        start = cache[0][0].shape[2] if cache else 0
        angles = (self.cos[start : start + ids.shape[1]], self.sin[start : start + ids.shape[1]])
        x, after = self.dropout(self.embedding(ids)), []
        for i, layer in enumerate(self.layers):
            x, kv = layer(x, angles, cache[i] if cache else None)
            after.append(kv)
        return self.norm(x), after

    def forward(self, ids: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """ids is [batch, rows]; logits are [batch, rows, vocabulary]."""
        x, after = self.states(ids, cache)
        return F.linear(x, self.embedding.weight), after

    def save(self, path: Path, **facts: object) -> None:
        torch.save({"shape": asdict(self.shape), "weights": self.state_dict(), "facts": facts}, path)


def load(path: Path) -> tuple[Llama, dict]:
    saved = torch.load(path, weights_only=True)
    model = Llama(Shape(**saved["shape"]))
    model.load_state_dict(saved["weights"])
    return model.eval(), saved["facts"]


@torch.no_grad()
def sample(model: Llama, prompts: list[list[int]], tokens: int, end: int, temperature: float, seed: int) -> list[list[int]]:
    """Continues each prompt up to `tokens` tokens in all, or its end token; temperature 0 is greedy."""
    random = torch.Generator().manual_seed(seed)
    rows, cache, position = [list(p) for p in prompts], None, 0
    live = list(range(len(rows)))
    while live and position < tokens - 1:
        ids = torch.tensor([[rows[i][position]] for i in live])
        logits, cache = model(ids, cache)
        logits = logits[:, -1]
        if temperature == 0:
            picked = logits.argmax(-1)
        else:
            picked = torch.multinomial((logits / temperature).softmax(-1), 1, generator=random)[:, 0]
        position += 1
        for i, token in zip(live, picked.tolist()):
            if len(rows[i]) == position:
                rows[i].append(token)
        keep = [n for n, i in enumerate(live) if rows[i][position] != end]
        if len(keep) < len(live):
            cache = [(k[keep], v[keep]) for k, v in cache]
            live = [live[n] for n in keep]
    return rows

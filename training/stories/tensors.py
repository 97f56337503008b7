"""Names and row order of a Llama model's tensors in GGUF."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Shape(Protocol):
    heads: int
    kv_heads: int


LAYER = {
    "attn_norm": "input_norm", "attn_q": "q", "attn_k": "k", "attn_v": "v", "attn_output": "o",
    "ffn_norm": "post_norm", "ffn_gate": "gate", "ffn_up": "up", "ffn_down": "down",
}  # fmt: skip


def names(layers: int) -> dict[str, str]:
    """GGUF tensor name → parameter name."""
    table = {"token_embd.weight": "embedding.weight", "output_norm.weight": "norm.weight"}
    for i in range(layers):
        table |= {f"blk.{i}.{theirs}.weight": f"layers.{i}.{ours}.weight" for theirs, ours in LAYER.items()}
    return table


def interleave(weight: np.ndarray, heads: int, inverse: bool = False) -> np.ndarray:
    """Half-split to interleaved rotary order (GGUF's order for Llama), or back."""
    inner = (heads, weight.shape[0] // heads // 2, 2) if inverse else (heads, 2, weight.shape[0] // heads // 2)
    return weight.reshape(*inner, -1).swapaxes(1, 2).reshape(weight.shape)


def rotary_heads(name: str, shape: Shape) -> int:
    """Heads of a matrix that the rotary position embedding follows; 0 for others."""
    return {"attn_q": shape.heads, "attn_k": shape.kv_heads}.get(name.split(".")[-2], 0)

"""The target in PyTorch, many sequences at a time, each at a position of its own: it writes answers and labels them in one go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gguf
import numpy as np
import torch
from gguf.quants import dequantize
from torch import Tensor
from torch.nn import functional as F

from stories.model import rotate
from stories.tensors import interleave


@dataclass(frozen=True)
class Layer:
    input_norm: Tensor
    qkv: Tensor
    """[(heads + 2 * kv_heads) * head_dim, width]"""
    output: Tensor
    post_norm: Tensor
    gate_up: Tensor
    """[2 * feed_forward, width]"""
    down: Tensor


class Teacher:
    """Llama weights in bfloat16, residual stream and norms in float32."""

    def __init__(self, target: gguf.GGUFReader, device: str):
        facts = lambda name: target.fields[f"llama.{name}"].contents()
        self.heads, self.kv_heads = facts("attention.head_count"), facts("attention.head_count_kv")
        self.width, self.epsilon = facts("embedding_length"), facts("attention.layer_norm_rms_epsilon")
        self.head_dim, self.theta, self.device = self.width // self.heads, facts("rope.freq_base"), device
        named = {t.name.removesuffix(".weight"): t for t in target.tensors}
        read = lambda name: np.array(dequantize(named[name].data, named[name].tensor_type))
        self.embedding = torch.from_numpy(read("token_embd")).to(device)
        self.head = self.embedding.bfloat16()
        self.norm = torch.from_numpy(read("output_norm")).to(device)
        self.layers = [self._layer(i, read) for i in range(facts("block_count"))]

    def _layer(self, i: int, read) -> Layer:
        of = lambda name: read(f"blk.{i}.{name}")
        halves = lambda name, heads: interleave(of(name), heads, inverse=True)
        whole = lambda *parts: torch.from_numpy(np.concatenate(parts)).to(self.device, torch.bfloat16)
        norm = lambda name: torch.from_numpy(of(name)).to(self.device)
        qkv = whole(halves("attn_q", self.heads), halves("attn_k", self.kv_heads), of("attn_v"))
        gate_up = whole(of("ffn_gate"), of("ffn_up"))
        return Layer(norm("attn_norm"), qkv, whole(of("attn_output")), norm("ffn_norm"), gate_up, whole(of("ffn_down")))

    def cache(self, sequences: int, longest: int) -> Tensor:
        """Keys and values, [layers, 2, sequences, kv_heads, longest, head_dim]."""
        shape = (len(self.layers), 2, sequences, self.kv_heads, longest, self.head_dim)
        return torch.zeros(shape, dtype=torch.bfloat16, device=self.device)

    @torch.no_grad()
    def step(self, tokens: Tensor, positions: Tensor, cache: Tensor) -> Tensor:
        """One token of each sequence, [sequences], into the cache at its position. What the head reads, [sequences, width]."""
        every = torch.arange(len(tokens), device=self.device)

        def attend(q: Tensor, k: Tensor, v: Tensor, keys: Tensor, values: Tensor) -> Tensor:
            keys[every, :, positions] = k
            values[every, :, positions] = v
            return attention(q, keys, values, positions)

        return self._pass(tokens, positions, cache[:, :, : len(tokens)], attend)

    @torch.no_grad()
    def prefill(self, tokens: Tensor, cache: Tensor) -> None:
        """The first tokens of one sequence, [tokens], into its part of the cache, [layers, 2, kv_heads, longest, head_dim]."""
        count = len(tokens)

        def attend(q: Tensor, k: Tensor, v: Tensor, keys: Tensor, values: Tensor) -> Tensor:
            k, v = k.transpose(0, 1), v.transpose(0, 1)
            keys[:, :count], values[:, :count] = k, v
            y = F.scaled_dot_product_attention(q.transpose(0, 1)[None], k[None], v[None], is_causal=True, enable_gqa=True)
            return y[0].transpose(0, 1)

        self._pass(tokens, torch.arange(count, device=self.device), cache, attend)

    def _pass(self, tokens: Tensor, positions: Tensor, cache: Tensor, attend: Callable[..., Tensor]) -> Tensor:
        """A token in each row. `attend` takes what is new of queries, keys and values, [rows, heads, head_dim], and the cache."""
        frequency = self.theta ** (-torch.arange(0, self.head_dim, 2, device=self.device).float() / self.head_dim)
        angle = (positions[:, None].float() * frequency)[:, None]
        angles, inner = (angle.cos(), angle.sin()), self.heads * self.head_dim
        normed = lambda x, weight: F.rms_norm(x, (self.width,), weight, self.epsilon).bfloat16()
        x = self.embedding[tokens]
        for layer, (keys, values) in zip(self.layers, cache):
            qkv = F.linear(normed(x, layer.input_norm), layer.qkv).view(len(tokens), -1, self.head_dim)
            turned = rotate(qkv[:, : self.heads + self.kv_heads].float(), angles).bfloat16()
            q, k = turned.split([self.heads, self.kv_heads], 1)
            y = attend(q, k, qkv[:, self.heads + self.kv_heads :], keys, values)
            x = x + F.linear(y.reshape(-1, inner), layer.output).float()
            gate, up = F.linear(normed(x, layer.post_norm), layer.gate_up).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, layer.down).float()
        return F.rms_norm(x, (self.width,), self.norm, self.epsilon)

    @torch.no_grad()
    def law(self, states: Tensor, kept: int) -> tuple[Tensor, Tensor]:
        """The `kept` likeliest tokens of each row, likeliest first, and their log probabilities, both [sequences, kept]."""
        rough = F.linear(states.bfloat16(), self.head).float()
        ids = likeliest(rough, kept)
        # bfloat16 rounds a logit of 20 to 1/8: those that count are computed again.
        exact = torch.einsum("nkw,nw->nk", self.embedding[ids], states)
        # The others count together: rounding them cancels out.
        rest = rough.scatter_(1, ids, -torch.inf).logsumexp(-1)
        whole = torch.logaddexp(exact.logsumexp(-1), rest)
        order = exact.argsort(-1, descending=True)
        return ids.gather(1, order), (exact - whole[:, None]).gather(1, order)


def attention(q: Tensor, keys: Tensor, values: Tensor, positions: Tensor) -> Tensor:
    """
    Each sequence's query over its keys and values up to its position, [sequences, heads, head_dim]. q has the same shape; keys and
    values are [sequences, kv_heads, longest, head_dim].
    """
    count, kv_heads, _, head_dim = keys.shape
    width = int(positions.max()) + 1
    unseen = torch.arange(width, device=q.device) > positions[:, None]
    bias = torch.zeros(unseen.shape, device=q.device).masked_fill_(unseen, -torch.inf)[:, None, None]
    # The heads of a group stand as the rows of one head: nothing is repeated.
    grouped = q.reshape(count, kv_heads, -1, head_dim)
    # Keys first: a product with three rows on the left is several times slower on a CPU, and so is the fused kernel.
    scores = (keys[:, :, :width] @ grouped.transpose(-1, -2)).transpose(-1, -2).float() * head_dim**-0.5 + bias
    return (scores.softmax(-1).bfloat16() @ values[:, :, :width]).view(q.shape)


def likeliest(scores: Tensor, kept: int, block: int = 32) -> Tensor:
    """Ids of the `kept` largest of each row, in any order: they lie in the `kept` blocks whose largest are largest, [rows, kept]."""
    blocks = scores.unflatten(-1, (-1, block))
    chosen = blocks.amax(-1).topk(kept, -1, sorted=False).indices
    inside = blocks.gather(1, chosen[..., None].expand(-1, -1, block)).flatten(1).topk(kept, -1, sorted=False).indices
    return chosen.gather(1, inside // block) * block + inside % block

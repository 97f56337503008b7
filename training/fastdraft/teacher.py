"""The target in PyTorch, many sequences at a time, each at a position of its own: it writes answers and labels them in one go."""

from __future__ import annotations

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
        count, width = len(tokens), int(positions.max()) + 1
        every = torch.arange(count, device=self.device)
        unseen = torch.arange(width, device=self.device) > positions[:, None]
        bias = torch.zeros(unseen.shape, device=self.device).masked_fill_(unseen, -torch.inf)[:, None, None]
        frequency = self.theta ** (-torch.arange(0, self.head_dim, 2, device=self.device).float() / self.head_dim)
        angle = (positions[:, None].float() * frequency)[:, None]
        angles, inner = (angle.cos(), angle.sin()), self.heads * self.head_dim
        normed = lambda x, weight: F.rms_norm(x, (self.width,), weight, self.epsilon).bfloat16()
        x = self.embedding[tokens]
        for layer, (keys, values) in zip(self.layers, cache[:, :, :count]):
            qkv = F.linear(normed(x, layer.input_norm), layer.qkv).view(count, -1, self.head_dim)
            turned = rotate(qkv[:, : self.heads + self.kv_heads].float(), angles).bfloat16()
            keys[every, :, positions] = turned[:, self.heads :]
            values[every, :, positions] = qkv[:, self.heads + self.kv_heads :]
            # The heads of a group stand as the rows of one head: nothing is repeated.
            q = turned[:, : self.heads].reshape(count, self.kv_heads, -1, self.head_dim)
            # Keys first: a product with three rows on the left is several times slower on a CPU, and so is the fused kernel.
            scores = (keys[:, :, :width] @ q.transpose(-1, -2)).transpose(-1, -2).float() * self.head_dim**-0.5 + bias
            y = scores.softmax(-1).bfloat16() @ values[:, :, :width]
            x = x + F.linear(y.reshape(count, inner), layer.output).float()
            gate, up = F.linear(normed(x, layer.post_norm), layer.gate_up).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, layer.down).float()
        return F.rms_norm(x, (self.width,), self.norm, self.epsilon)

    @torch.no_grad()
    def law(self, states: Tensor, kept: int) -> tuple[Tensor, Tensor]:
        """The `kept` likeliest tokens of each row, likeliest first, and their log probabilities, both [sequences, kept]."""
        rough = F.linear(states.bfloat16(), self.head).float()
        ids = rough.topk(kept, -1).indices
        # bfloat16 rounds a logit of 20 to 1/8: those that count are computed again.
        exact = torch.einsum("nkw,nw->nk", self.embedding[ids], states)
        # The others count together: rounding them cancels out.
        rest = rough.scatter(1, ids, -torch.inf).logsumexp(-1)
        whole = torch.logaddexp(exact.logsumexp(-1), rest)
        order = exact.argsort(-1, descending=True)
        return ids.gather(1, order), (exact - whole[:, None]).gather(1, order)

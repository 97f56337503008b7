"""Cross-entropy to a law of which the likeliest tokens are known, with its gradient written out: scores are read and written once."""

from __future__ import annotations

import torch
from torch import Tensor


class SparseCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(context, logits: Tensor, places: Tensor, p: Tensor) -> Tensor:
        """
        Mean over rows of −Σ p log softmax(logits), Σ over the row's `places`. logits [rows, columns]; places [rows, kept];
        p [rows, kept], 0 where a place stands for nothing.
        """
        scores = logits.detach().to(torch.float32, copy=True)  # backward writes into it
        whole = scores.logsumexp(-1, keepdim=True)
        loss = (p * (whole - scores.gather(1, places))).sum() / len(p)
        context.save_for_backward(scores, whole, places, p)
        context.kind = logits.dtype
        return loss

    @staticmethod
    def backward(context, outer: Tensor):
        """Σp · softmax − p, by rows."""
        scores, whole, places, p = context.saved_tensors
        gradient = scores.sub_(whole).exp_().mul_(p.sum(-1, keepdim=True))
        gradient.scatter_add_(1, places, -p)
        return gradient.mul_(outer / len(p)).to(context.kind), None, None


def loss_of(logits: Tensor, following: Tensor, top: Tensor | None, probability: Tensor | None, columns: Tensor) -> Tensor:
    """
    Cross-entropy to the target's law where there are labels, KL(p || q) up to p's entropy, else to the text's token. What the
    head does not score weighs nothing. Shapes as in `Batch`; `columns` says where the head scores a token.
    """
    tokens = following[:, None] if top is None else top
    places = columns[tokens]
    p = (places >= 0).float() if probability is None else probability * (places >= 0)
    return SparseCrossEntropy.apply(logits, places.clamp(min=0), p)

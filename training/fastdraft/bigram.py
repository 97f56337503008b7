"""
Teaches the draft which token follows which, before it learns from text: its embedding, norm and head alone, on all pairs of the
texts added up by their first token. Costs a few passes over as many rows as there are different tokens.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from fastdraft.data import Answer
from fastdraft.model import Draft

PASSES = 16
BATCH = 512
RATE = 4e-3


def followers(answers: list[Answer], columns: np.ndarray, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """
    Different tokens of the answers, [tokens]; how often each stands there, [tokens]; how often each head token follows it,
    [tokens, width]: as predicted where there are labels, else as written.
    """
    found = {token: row for row, token in enumerate(sorted({t for a in answers for t in a.tokens[a.start - 1 : -1]}))}
    counts = np.zeros((len(found), width + 1), np.float32)  # the last column takes what the head does not score
    for answer in answers:
        rows = np.array([found[token] for token in answer.tokens[answer.start - 1 : -1]])
        if answer.labels is None:
            np.add.at(counts, (rows, columns[answer.tokens[answer.start :]]), 1)
        else:
            np.add.at(counts, (rows[:, None], columns[answer.labels[:, 0]]), answer.labels[:, 1] / np.float32(65535))
    return torch.tensor(list(found)), torch.from_numpy(counts.sum(1)), torch.from_numpy(counts[:, :width])


def teach_bigrams(draft: Draft, answers: list[Answer], seed: int) -> float:
    """Returns the loss of the last pass, per token of the texts."""
    device = draft.head_tokens.device
    columns = draft.columns().cpu().numpy()
    tokens, counts, following = (x.to(device) for x in followers(answers, columns, len(draft.head_tokens)))
    random = torch.Generator().manual_seed(seed)
    dense = [draft.head.weight, draft.norm.weight]
    groups = [torch.optim.Adam(dense, RATE / 4), torch.optim.SparseAdam([draft.embedding.weight], RATE * 4)]
    total = 0.0
    for done in range(PASSES):
        total = 0.0
        for group, rate in zip((g for o in groups for g in o.param_groups), (RATE / 4, RATE * 4)):
            group["lr"] = rate * (1 - done / PASSES)
        for batch in torch.randperm(len(tokens), generator=random).to(device).split(BATCH):
            logits = F.linear(draft.norm(draft.embedding(tokens[batch])), draft.head.weight)
            losses = -(following[batch] * logits.log_softmax(-1)).sum(-1)
            for optimizer in groups:
                optimizer.zero_grad(set_to_none=True)
            # Rare tokens count more than their share, or they would not be learned in a few passes.
            (losses / counts[batch].sqrt()).mean().backward()
            for optimizer in groups:
                optimizer.step()
            total += losses.sum().item()
    return total / following.sum().item()

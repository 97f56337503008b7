"""How much of its drafts the target accepts, from one pass over held-out answers."""

from __future__ import annotations

import torch
from torch import Tensor

from fastdraft.data import Answer, collate
from fastdraft.model import Draft

DEPTHS = 4


@torch.no_grad()
def acceptance(draft: Draft, answers: list[Answer], longest: int, device: str = "cpu") -> dict[str, object]:
    """
    greedy[k]: of the positions of greedy answers, the share where the draft's k + 1 next choices are the target's. As long as they
    are, the text is what the draft would have written, so one pass tells.
    length: tokens of a greedy round with three drafted ones.
    agree: share of the positions of all answers where draft and target find the same token likeliest.
    sampled: Σ min(p, q) at temperature 1, mean over all positions; a lower bound by the labels' tail.
    """
    draft.eval()
    columns = draft.columns()
    hits: list[Tensor] = []
    shared: list[Tensor] = []
    agreed: list[Tensor] = []
    for answer in answers:
        part = collate([answer], longest, device)
        logits = draft.score(part.ids, part.rows)
        choice = draft.head_tokens[logits.argmax(-1)]
        if answer.greedy:
            hits.append((choice == part.following).cpu())
        places = columns[part.top]
        overlap = torch.minimum(logits.softmax(-1).gather(1, places.clamp(min=0)), part.probability) * (places >= 0)
        shared.append(overlap.sum(-1))
        agreed.append(choice == part.top.gather(1, part.probability.argmax(-1, keepdim=True))[:, 0])
    draft.train()
    return {
        "greedy": [mean_run(hits, depth) for depth in range(1, DEPTHS + 1)],
        "length": round_length(hits, 3),
        "agree": torch.cat(agreed).float().mean().item(),
        "sampled": torch.cat(shared).mean().item(),
    }


def mean_run(hits: list[Tensor], depth: int) -> float:
    windows = [h.unfold(0, depth, 1).all(-1) for h in hits if len(h) >= depth]
    return torch.cat(windows).float().mean().item()


def round_length(hits: list[Tensor], drafted: int) -> float:
    """Committed tokens a round, when each round drafts `drafted` tokens."""
    tokens, rounds = 0, 0
    for hit in map(Tensor.tolist, hits):
        at = 0
        while at < len(hit):
            accepted = next((i for i in range(drafted) if at + i >= len(hit) or not hit[at + i]), drafted)
            tokens, rounds, at = tokens + accepted + 1, rounds + 1, at + accepted + 1
    return tokens / max(1, rounds)

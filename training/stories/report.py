"""Measures both models on what they were not trained on and prints samples: `python report.py` writes work/report.json."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from corpus import cast, pack, read_stories, split
from model import Llama, load, sample
from tokenizer import END
from train import ROW, corpus_loss

BEGINNINGS = [
    "Once upon a time",
    "Once upon a time, there was a little fox named Lily.",
    "Once upon a time, a brave frog named Tom lived in a green valley.",
    "One night, the moon did not come.",
    "The old bear had a big red umbrella.",
]
DRAFT_LENGTH = 3


@torch.no_grad()
def accepted(target: Llama, draft: Llama, stories: list[list[int]]) -> list[float]:
    """Share of greedy rounds in which at least 1, 2, … draft tokens equal the target's greedy story."""
    counts, rounds = [0] * DRAFT_LENGTH, 0
    for story in stories:
        position = 8
        while position < len(story) - DRAFT_LENGTH:
            guess = sample(draft, [story[:position]], position + DRAFT_LENGTH, -1, 0, 0)[0][position:]
            length = next((i for i, token in enumerate(guess) if token != story[position + i]), DRAFT_LENGTH)
            for i in range(length):
                counts[i] += 1
            rounds, position = rounds + 1, position + length + 1
    return [count / rounds for count in counts]


@torch.no_grad()
def agreement(target: Llama, draft: Llama, rows: Tensor) -> float:
    """Share of positions where both models' most likely tokens are the same."""
    ids, real = rows[:, :-1].clamp(min=0), rows[:, 1:] >= 0
    same = [(target(part)[0].argmax(-1) == draft(part)[0].argmax(-1))[mask] for part, mask in zip(ids.split(8), real.split(8))]
    return torch.cat(same).float().mean().item()


def familiar(texts: list[str], corpus: list[str], n: int = 8) -> float:
    """Share of the texts' word n-grams that stand in the corpus."""
    grams = lambda text: zip(*(text.split()[i:] for i in range(n)))
    known = {gram for text in corpus for gram in grams(text)}
    found = [gram in known for text in texts for gram in grams(text)]
    return sum(found) / max(1, len(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent.parent / "work")
    work = parser.parse_args().work
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    end = tokenizer.token_to_id(END)
    (target, facts), (draft, draft_facts) = load(work / "stories.pt"), load(work / "stories-draft.pt")
    train, held = ([cast(s, random.Random(1)) for s in part] for part in split(read_stories(work)))
    held_ids = [e.ids for e in tokenizer.encode_batch_fast(held)]
    held_rows = torch.tensor(pack(held_ids, end, ROW))
    openings = [ids[:12] for ids in held_ids[:32]]
    greedy = sample(target, openings, 320, end, 0, 1)
    warm = sample(target, openings, 320, end, 0.7, 1)
    with torch.no_grad():
        report = {
            "parameters": {"stories": size(target), "stories-draft": size(draft)},
            "trained": {"stories": facts, "stories-draft": draft_facts},
            "corpus": {"stories": len(train), "tokens": sum(len(e.ids) for e in tokenizer.encode_batch_fast(train)), "held_out": len(held)},
            "loss": {"stories": corpus_loss(target, held_rows).item(), "stories-draft": corpus_loss(draft, held_rows).item()},
            "agreement": {"held_out": agreement(target, draft, held_rows), "greedy": agreement(target, draft, torch.tensor(pack(greedy, end, ROW)))},
            "accepted_by_position": accepted(target, draft, greedy[:12]),
            "ended": sum(story[-1] == end for story in greedy + warm) / len(greedy + warm),
            "familiar_8_grams": {"greedy": familiar(list(map(tokenizer.decode, greedy)), train), "0.7": familiar(list(map(tokenizer.decode, warm)), train)},
        }  # fmt: skip
    (work / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    prompts = [tokenizer.encode(text).ids for text in BEGINNINGS]
    for temperature in (0.0, 0.7):
        for ids in sample(target, prompts, 320, end, temperature, 1):
            print(f"\n--- temperature {temperature}, {len(ids)} tokens\n{tokenizer.decode(ids)}")


def size(model: Llama) -> int:
    return sum(weight.numel() for weight in model.parameters())


if __name__ == "__main__":
    main()

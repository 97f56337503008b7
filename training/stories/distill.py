"""Trains `stories-draft` to predict what `stories` predicts: `python distill.py` writes work/stories-draft.pt.

The loss is KL(stories || draft) over the corpus and over stories that `stories` itself has written, which is the text the
draft meets in use.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from corpus import cast, pack, read_stories, split
from model import SHAPES, Llama, Shape, load, sample
from tokenizer import END
from train import ROW, Loss, arguments, fit

TEMPERATURES = (0.0, 0.5, 0.8, 1.0)
BATCH = 64


def write(teacher: Llama, openings: list[list[int]], count: int, end: int, seed: int, path: Path) -> list[list[int]]:
    """`count` stories of the teacher, from openings of 4 to 20 tokens; kept in a file, so that a second run goes on from there."""
    rng = random.Random(seed)
    written: list[list[int]] = torch.load(path) if path.exists() else []
    while len(written) < count:
        prompts = [story[: rng.randint(4, 20)] for story in rng.sample(openings, min(BATCH, len(openings)))]
        temperature = TEMPERATURES[len(written) // BATCH % len(TEMPERATURES)]
        rows = sample(teacher, prompts, 320, end, temperature, seed + len(written))
        written += [row[:-1] if row[-1] == end else row for row in rows]
        torch.save(written, path)
        print(f"{len(written)} stories written", flush=True)
    return written[:count]


def distillation(teacher: Llama) -> Loss:
    """KL(teacher || draft), mean over the tokens that are not padding."""

    def loss(draft: Llama, rows: Tensor) -> Tensor:
        ids, real = rows[:, :-1].clamp(min=0), rows[:, 1:] >= 0
        with torch.no_grad():
            target = F.log_softmax(teacher(ids)[0][real], -1)
        guess = F.log_softmax(draft(ids)[0][real], -1)
        return F.kl_div(guess, target, reduction="batchmean", log_target=True)

    return loss


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--written", type=int, default=3072, help="stories the teacher writes")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    rng = random.Random(options.seed)
    tokenizer = Tokenizer.from_file(str(options.work / "tokenizer.json"))
    end = tokenizer.token_to_id(END)
    encode = lambda stories: [e.ids for e in tokenizer.encode_batch_fast(stories)]
    teacher, _ = load(options.work / "stories.pt")
    train, held = split(read_stories(options.work))
    written = write(teacher, encode([cast(s, rng) for s in train]), options.written, end, options.seed, options.work / "written.pt")
    greedy = write(teacher, encode([cast(s, rng) for s in held]), BATCH, end, options.seed, options.work / "written-held.pt")
    greedy = torch.tensor(pack(greedy, end, ROW))

    def epoch(number: int) -> Tensor:
        stories = encode([cast(s, rng) for s in train]) + written
        rng.shuffle(stories)
        return torch.tensor(pack(stories, end, ROW))

    draft = Llama(Shape(vocabulary=tokenizer.get_vocab_size(), **SHAPES["stories-draft"]))
    if options.resume:
        draft.load_state_dict(load(options.resume)[0].state_dict())
    print(f"{sum(w.numel() for w in draft.parameters())} parameters, {len(train)} + {len(written)} stories")
    fit(draft, epoch, greedy, distillation(teacher), options, options.work / "stories-draft.pt")


if __name__ == "__main__":
    main()

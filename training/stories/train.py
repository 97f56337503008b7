"""Trains `stories` on the corpus: `python train.py` writes work/stories.pt."""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from corpus import cast, pack, read_stories, split
from model import SHAPES, Llama, Shape, load
from tokenizer import END

ROW = 512
Loss = Callable[[Llama, Tensor], Tensor]


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent.parent / "work")
    parser.add_argument("--epochs", type=float, default=12)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--rows", type=int, default=8, help="rows of 512 tokens in a step")
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--report", type=int, default=50, help="steps between two lines of the report")
    parser.add_argument("--resume", type=Path, help="weights to start from")
    return parser


def corpus_loss(model: Llama, rows: Tensor) -> Tensor:
    """Cross-entropy of the next token; −1 is padding. rows is [batch, tokens]."""
    logits, _ = model(rows[:, :-1].clamp(min=0))
    return F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), ignore_index=-1)


@torch.no_grad()
def evaluate(model: Llama, rows: Tensor, loss: Loss) -> float:
    model.eval()
    value = sum(loss(model, part).item() * len(part) for part in rows.split(8)) / len(rows)
    model.train()
    return value


def optimizers(model: Llama, rate: float, decay: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""
    inner = [w for name, w in model.layers.named_parameters() if w.ndim == 2]
    rest = [model.embedding.weight, *(w for w in model.parameters() if w.ndim == 1)]
    return [
        torch.optim.Muon(inner, lr=rate, weight_decay=decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.95), weight_decay=decay / 10),
    ]


def schedule(step: int, steps: int) -> float:
    """Linear warm-up over 3 % of the steps, then a cosine down to 2 % of the rate."""
    warm = max(1, steps // 33)
    return (step + 1) / warm if step < warm else 0.02 + 0.49 * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))


def fit(model: Llama, epoch: Callable[[int], Tensor], held: Tensor, loss: Loss, options: argparse.Namespace, path: Path) -> None:
    """`epoch(n)` gives the n-th epoch's rows, [rows, tokens]. Keeps a moving average of the weights, which is what is saved."""
    batches, used = list(epoch(0).split(options.rows)), 0
    steps = int(len(batches) * options.epochs)
    groups = optimizers(model, options.rate, options.decay)
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
    began, recent, seen = time.time(), math.nan, 0
    for step in range(steps):
        if not batches:
            used += 1
            batches = list(epoch(used).split(options.rows))
        for optimizer in groups:
            for group in optimizer.param_groups:
                group["lr"] = options.rate * schedule(step, steps)
            optimizer.zero_grad()
        rows = batches.pop()
        value = loss(model, rows)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in groups:
            optimizer.step()
        average.update_parameters(model)
        seen += rows.numel()
        recent = value.item() if math.isnan(recent) else 0.95 * recent + 0.05 * value.item()
        if (step + 1) % options.report == 0 or step + 1 == steps:
            held_out = evaluate(average.module, held, loss)
            speed = seen / (time.time() - began)
            print(f"step {step + 1}/{steps} epoch {used} loss {recent:.3f} held-out {held_out:.3f} {speed:.0f} tokens/s", flush=True)
            average.module.save(path, step=step + 1, loss=recent, held_out=held_out)


def main() -> None:
    options = arguments(__doc__).parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    rng = random.Random(options.seed)
    tokenizer = Tokenizer.from_file(str(options.work / "tokenizer.json"))
    end = tokenizer.token_to_id(END)
    encode = lambda stories: [e.ids for e in tokenizer.encode_batch_fast(stories)]
    train, held = split(read_stories(options.work))

    def epoch(number: int) -> Tensor:
        stories = [cast(s, rng) for s in train]
        rng.shuffle(stories)
        return torch.tensor(pack(encode(stories), end, ROW))

    model = Llama(Shape(vocabulary=tokenizer.get_vocab_size(), **SHAPES["stories"]), options.dropout)
    if options.resume:
        model.load_state_dict(load(options.resume)[0].state_dict())
    print(f"{sum(w.numel() for w in model.parameters())} parameters, {len(train)} stories, {len(held)} held out")
    fit(model, epoch, torch.tensor(pack(encode([cast(s, rng) for s in held]), end, ROW)), corpus_loss, options, options.work / "stories.pt")


if __name__ == "__main__":
    main()

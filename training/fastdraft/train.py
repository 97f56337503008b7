"""
Trains the draft: `python -m fastdraft.train pretrain --target TARGET.gguf` on all text at hand at a constant rate, then `python -m
fastdraft.train align --resume work/smollm2-draft-pretrain.pt` on what the target predicts over its own answers, the rate falling to
0. Writes work/smollm2-draft-<stage>.pt at each report. A run that is stopped goes on from there with `--resume` and the steps left.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import time
from pathlib import Path

import gguf
import torch
from torch import Tensor

from fastdraft.acceptance import acceptance
from fastdraft.bigram import teach_bigrams
from fastdraft.data import Answer, batches, collate, fitting, labelled_split, question, read_texts
from fastdraft.loss import loss_of
from fastdraft.model import Draft, load_draft, save_draft
from fastdraft.target import fresh_draft
from fastdraft.tokenizer import tokenizer_of

LONGEST = 384
# Steps between two updates of the moving average of the weights, which is what is measured and kept.
AVERAGED = 5
WARM_UP = 20


def optimizers(draft: Draft, rate: float, decay: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers; Adam for embedding, head and norms, which begin near where they end."""
    inner = [w for w in draft.layers.parameters() if w.ndim == 2]
    rest = [draft.head.weight, *(w for w in draft.parameters() if w.ndim == 1)]
    return [
        torch.optim.Muon(inner, lr=rate, weight_decay=decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=rate / 4, betas=(0.9, 0.98), weight_decay=0.0),
        torch.optim.SparseAdam([draft.embedding.weight], lr=rate / 4, betas=(0.9, 0.98)),
    ]


def schedule(stage: str, step: int, steps: int) -> float:
    """A warm-up; then constant when pre-training, a straight line to 0 when aligning."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return warm if stage == "pretrain" else min(warm, 1 - step / steps)


def fit(draft: Draft, train: list[list[Answer]], held: list[Answer], options: argparse.Namespace, path: Path) -> None:
    """`train` holds answers with and without labels apart: a batch is of one kind."""
    rng, columns, began = random.Random(options.seed), draft.columns(), time.time()
    groups = optimizers(draft, options.rate, options.decay)
    dense = [w for w in draft.parameters() if w is not draft.embedding.weight]
    starts = [group["lr"] for o in groups for group in o.param_groups]
    average = torch.optim.swa_utils.AveragedModel(draft, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.95))
    precision = dict(device_type=options.device, dtype=torch.bfloat16, enabled=options.precision == "bf16")
    queue: list[list[Answer]] = []
    seen, recent, measured, used = 0, math.nan, began, time.process_time()
    for step in itertools.count():
        if not queue:
            queue = [b for kind in train for b in batches(kind, options.batch, LONGEST, rng)]
            rng.shuffle(queue)
        batch = collate(queue.pop(), LONGEST, options.device)
        with torch.autocast(**precision):
            logits = draft.score(batch.ids, batch.rows)
        loss = loss_of(logits, batch.following, batch.top, batch.probability, columns)
        for optimizer in groups:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(dense, 1.0)
        for group, start in zip((g for o in groups for g in o.param_groups), starts):
            group["lr"] = start * schedule(options.stage, step, options.steps)
        for optimizer in groups:
            optimizer.step()
        if step % AVERAGED == 0:
            average.update_parameters(draft)
        seen += len(batch.rows)
        recent = loss.item() if math.isnan(recent) else 0.97 * recent + 0.03 * loss.item()
        ends = step + 1 >= options.steps or bool(options.minutes) and time.time() - began > 60 * options.minutes
        if ends or time.time() - measured > options.report:
            measured = time.time()
            found = acceptance(average.module, held, LONGEST, options.device)
            facts = dict(step=step + 1, seen=seen, loss=recent, minutes=(measured - began) / 60, cpu=(time.process_time() - used) / 60)
            print(" ".join(f"{name} {show(value)}" for name, value in (facts | found).items()), flush=True)
            save_draft(average.module, path, stage=options.stage, **facts, **found)
        if ends:
            return


def show(value) -> str:
    return " ".join(map(show, value)) if isinstance(value, list) else str(value) if isinstance(value, int) else f"{value:.4f}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=("pretrain", "align"))
    parser.add_argument("--work", type=Path, default=Path(__file__).parent.parent / "work")
    parser.add_argument("--target", type=Path, help="the target's GGUF file, for pretrain")
    parser.add_argument("--answers", nargs="+", default=["answers"], help="labelled files in work/")
    parser.add_argument("--texts", nargs="*", default=[], help="files in work/ of which what has no labels is read, for pretrain")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=0, help="ends after as many minutes, if its steps do not end before")
    parser.add_argument("--rate", type=float, default=1e-2)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--batch", type=int, default=2048, help="tokens of a step")
    parser.add_argument("--report", type=float, default=240, help="seconds between two measurements")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=("bf16", "f32"), default="bf16", help="of products; weights are float32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--resume", type=Path, help="weights to begin with")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    labelled, held = labelled_split([options.work / name for name in options.answers], LONGEST)
    texts: list[Answer] = []
    if options.texts:
        tokenizer = tokenizer_of(gguf.GGUFReader(options.target))
        written = fitting((a for name in options.texts for a in read_texts(options.work / f"{name}.jsonl", tokenizer)), LONGEST)
        known = {question(a) for a in held} | {tuple(a.tokens) for a in labelled}
        texts = [a for a in written if question(a) not in known and tuple(a.tokens) not in known]
    print(f"{describe(labelled)} with labels, {describe(texts)} without, {describe(held)} held out", flush=True)
    if options.resume:
        draft = load_draft(options.resume, options.dropout)[0].train().to(options.device)
    else:
        draft = fresh_draft(options.target, labelled + texts, options.dropout).to(options.device)
        print("loss of pairs:", teach_bigrams(draft, labelled + texts, options.seed), flush=True)
    print(f"{sum(w.numel() for w in draft.parameters())} parameters", flush=True)
    print("before:", acceptance(draft, held, LONGEST, options.device), flush=True)
    train = [kind for kind in (labelled, texts) if kind]
    fit(draft, train, held, options, options.work / f"smollm2-draft-{options.stage}.pt")


def describe(answers: list[Answer]) -> str:
    return f"{len(answers)} answers of {sum(len(a.tokens) - a.start for a in answers)} tokens"


if __name__ == "__main__":
    main()

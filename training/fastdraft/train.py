"""
Trains the draft: `python -m fastdraft.train pretrain` on all text at hand, then `python -m fastdraft.train align` on what the
target predicts over its own answers. Writes work/smollm2-draft-<stage>.pt; the weights that are accepted most are kept.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from fastdraft.acceptance import acceptance
from fastdraft.bigram import teach_bigrams
from fastdraft.data import Answer, Batch, batches, collate, read_answers, read_texts, split
from fastdraft.model import Draft, load_draft, save_draft
from fastdraft.target import fresh_draft

LONGEST = 384
# Steps between two updates of the moving average of the weights, which is what is measured and kept.
AVERAGED = 5
TEMPLATE = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
)


def loss_of(draft: Draft, batch: Batch, columns: Tensor) -> Tensor:
    """
    Cross-entropy to the target's law where there are labels, KL(p || q) up to p's entropy, else to the text's token. What the
    head does not score weighs nothing.
    """
    logits = draft.score(batch.ids, batch.rows)
    if batch.top is None:
        return F.cross_entropy(logits, columns[batch.following], ignore_index=-1)
    places = columns[batch.top]
    p = batch.probability * (places >= 0)
    chosen = logits.gather(1, places.clamp(min=0))
    return (p * (logits.logsumexp(-1, keepdim=True) - chosen)).sum() / len(batch.rows)


def optimizers(draft: Draft, rate: float, decay: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers; Adam for embedding, head and norms, which begin near where they end."""
    inner = [w for w in draft.layers.parameters() if w.ndim == 2]
    rest = [draft.head.weight, *(w for w in draft.parameters() if w.ndim == 1)]
    return [
        torch.optim.Muon(inner, lr=rate, weight_decay=decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=rate / 4, betas=(0.9, 0.98), weight_decay=0.0),
        torch.optim.SparseAdam([draft.embedding.weight], lr=rate / 4, betas=(0.9, 0.98)),
    ]


def schedule(done: float) -> float:
    """Of the part `done` of the training: a warm-up over 2 %, then a cosine down to 3 % of the rate."""
    return min(1.0, done / 0.02 + 0.01) * (0.03 + 0.485 * (1 + math.cos(math.pi * done)))


def fit(draft: Draft, answers: list[Answer], held: list[Answer], options: argparse.Namespace, path: Path) -> None:
    """Trains for options.epochs or options.minutes, whichever end first; the schedule follows the clock when it is given."""
    rng, columns = random.Random(options.seed), draft.columns()
    groups = optimizers(draft, options.rate, options.decay)
    dense = [w for w in draft.parameters() if w is not draft.embedding.weight]
    starts = [group["lr"] for o in groups for group in o.param_groups]
    average = torch.optim.swa_utils.AveragedModel(draft, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.95))
    began = measured = time.time()
    queue: list[list[Answer]] = []
    step, seen, best, recent, done = 0, 0, -1.0, math.nan, 0.0
    total = options.epochs * len(batches(answers, options.batch, LONGEST, rng))
    while done < 1:
        queue = queue or batches(answers, options.batch, LONGEST, rng)
        batch = collate(queue.pop(), LONGEST)
        loss = loss_of(draft, batch, columns)
        for optimizer in groups:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(dense, 1.0)
        for group, start in zip((g for o in groups for g in o.param_groups), starts):
            group["lr"] = start * schedule(done)
        for optimizer in groups:
            optimizer.step()
        if step % AVERAGED == 0:
            average.update_parameters(draft)
        step, seen = step + 1, seen + len(batch.rows)
        recent = loss.item() if math.isnan(recent) else 0.97 * recent + 0.03 * loss.item()
        done = step / total
        if options.minutes:
            done = max(done, (time.time() - began) / 60 / options.minutes)
        if time.time() - measured > options.report or done >= 1:
            measured = time.time()
            found = acceptance(average.module, held, LONGEST)
            speed = seen / (measured - began)
            greedy = " ".join(f"{rate:.3f}" for rate in found["greedy"])
            print(f"{done:.3f} step {step} loss {recent:.3f} greedy {greedy} length {found['length']:.3f} sampled {found['sampled']:.3f} {speed:.0f} predictions/s", flush=True)
            if found["length"] + found["sampled"] > best:
                best = found["length"] + found["sampled"]
                save_draft(average.module, path, step=step, seen=seen, loss=recent, **found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=("pretrain", "align"))
    parser.add_argument("--work", type=Path, default=Path(__file__).parent.parent / "work")
    parser.add_argument("--target", type=Path, help="the target's GGUF file")
    parser.add_argument("--answers", nargs="+", default=["answers"], help="labelled files in work/")
    parser.add_argument("--texts", nargs="*", default=["short-stories"], help="files without labels in work/, for pretrain")
    parser.add_argument("--epochs", type=float, default=10)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--rate", type=float, default=1e-2)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--batch", type=int, default=2048, help="tokens of a step")
    parser.add_argument("--report", type=float, default=120, help="seconds between two measurements")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", type=Path, help="weights to begin with")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    tokenizer = Tokenizer.from_file(str(options.work / "smollm2-tokenizer.json"))
    texts = lambda names: [a for name in names for a in read_texts(options.work / f"{name}.jsonl", tokenizer, TEMPLATE)]
    labelled, held = split([a for name in options.answers for a in read_answers(options.work / name)])
    answers, greedy = split(texts(options.answers))
    held = [a for a in held if not a.greedy] + [a for a in greedy if a.greedy]
    train = labelled if options.stage == "align" else answers + texts(options.texts)
    if options.resume:
        draft, _ = load_draft(options.resume, options.dropout)
        draft.train()
    else:
        everything = train + labelled
        draft = fresh_draft(options.target, everything, options.dropout)
        print("random layers:", acceptance(draft, held, LONGEST), flush=True)
        print("loss of pairs:", teach_bigrams(draft, everything, options.seed), flush=True)
        save_draft(draft, options.work / "smollm2-draft-bigram.pt")
    print(f"{sum(w.numel() for w in draft.parameters())} parameters; {len(train)} texts, {sum(len(a.tokens) for a in train)} tokens; {len(held)} held out")
    print("before:", acceptance(draft, held, LONGEST), flush=True)
    fit(draft, train, held, options, options.work / f"smollm2-draft-{options.stage}.pt")


if __name__ == "__main__":
    main()

"""The target's answers and what it predicted at each of their tokens, as `label.ts` writes them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from fastdraft.tokenizer import AFTER_QUESTION, BEFORE_QUESTION, END

KEPT = 64
HELD_OUT = 20


@dataclass(frozen=True)
class Answer:
    tokens: list[int]
    """Question, in the chat template, and answer."""
    start: int
    """Where the answer begins."""
    labels: np.ndarray | None
    """[answer tokens, 2, KEPT] uint16: ids, and their probabilities in units of 2^−16. None where only the text is known."""
    greedy: bool


def read_answers(path: Path) -> list[Answer]:
    """Answers of `path`.jsonl as far as they are labelled in `path`.labels."""
    labels = np.memmap(path.with_suffix(".labels"), np.uint16, "r")
    labels = labels[: len(labels) // (2 * KEPT) * 2 * KEPT].reshape(-1, 2, KEPT)
    answers, at = [], 0
    with open(path.with_suffix(".documents.jsonl")) as documents, open(path.with_suffix(".jsonl")) as lines:
        for document, line in zip(documents, lines):
            tokens, start = (value := json.loads(document))["tokens"], value["start"]
            rows = len(tokens) - start
            if at + rows > len(labels):
                break
            answers.append(Answer(tokens, start, labels[at : at + rows], json.loads(line)["temperature"] == 0))
            at += rows
    return answers


def question(answer: Answer) -> tuple[int, ...]:
    return tuple(answer.tokens[: answer.start])


def labelled_split(files: list[Path], longest: int) -> tuple[list[Answer], list[Answer]]:
    """Training and held-out answers of labelled files, as far as they fit."""
    return split(fitting((answer for file in files for answer in read_answers(file)), longest))


def fitting(answers: Iterable[Answer], longest: int) -> list[Answer]:
    """Those that begin within `longest` tokens: of others a batch would hold the question only."""
    return [a for a in answers if a.start < longest]


def split(answers: list[Answer]) -> tuple[list[Answer], list[Answer]]:
    """Training and held-out answers: every twentieth is held out, with all that share its question."""
    held = {question(a) for a in answers[::HELD_OUT]}
    return [a for a in answers if question(a) not in held], [a for a in answers if question(a) in held]


def batches(answers: list[Answer], tokens: int, longest: int, rng: random.Random) -> list[list[Answer]]:
    """Answers of similar length together, about `tokens` tokens a batch, in random order."""
    ordered = sorted(answers, key=lambda a: (min(len(a.tokens), longest) // 16, rng.random()))
    groups, group = [], []
    for answer in ordered:
        group.append(answer)
        if len(group) * min(len(answer.tokens), longest) >= tokens:
            groups.append(group)
            group = []
    groups += [group] if group else []
    rng.shuffle(groups)
    return groups


@dataclass(frozen=True)
class Batch:
    ids: Tensor
    """[answers, tokens], padded with 0 at the end."""
    rows: Tensor
    """[predictions] flat indices into ids: the positions that predict a token of an answer."""
    following: Tensor
    """[predictions] the token that follows in the text."""
    top: Tensor | None
    """[predictions, KEPT] the target's most probable tokens there."""
    probability: Tensor | None
    """[predictions, KEPT]"""


def collate(answers: list[Answer], longest: int, device: str = "cpu") -> Batch:
    """Answers with and without labels are not mixed."""
    width = min(longest, max(len(a.tokens) for a in answers)) - 1
    ids = torch.zeros(len(answers), width, dtype=torch.long)
    rows, following, labels = [], [], []
    for i, answer in enumerate(answers):
        used = answer.tokens[: width + 1]
        ids[i, : len(used) - 1] = torch.tensor(used[:-1])
        rows.append(torch.arange(answer.start - 1, len(used) - 1) + i * width)
        following.append(torch.tensor(used[answer.start :], dtype=torch.long))
        if answer.labels is not None:
            labels.append(answer.labels[: len(used) - answer.start])
    ids, rows, following = ids.to(device), torch.cat(rows).to(device), torch.cat(following).to(device)
    if not labels:
        return Batch(ids, rows, following, None, None)
    stacked = torch.from_numpy(np.concatenate(labels).astype(np.int32)).to(device)
    return Batch(ids, rows, following, stacked[:, 0].long(), stacked[:, 1] / 65535)


def read_texts(path: Path, tokenizer: Tokenizer) -> list[Answer]:
    """Answers of `path` as written, without labels."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    questions = [e.ids for e in tokenizer.encode_batch_fast([BEFORE_QUESTION + line["prompt"] + AFTER_QUESTION for line in lines])]
    ended = lambda line: line["text"] + (END if line["finished"] else "")
    texts = [e.ids for e in tokenizer.encode_batch_fast([ended(line) for line in lines])]
    return [Answer(q + t, len(q), None, line["temperature"] == 0) for q, t, line in zip(questions, texts, lines)]

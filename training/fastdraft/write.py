"""
Lets the target answer questions, many at a time: `python -m fastdraft.write --target TARGET.gguf --answers 4000 --exclude questions.jsonl`
appends to work/answers.{jsonl,documents.jsonl,labels} what `label.ts` would write, and goes on where it stopped. Questions of
`--questions` come first, each once and answered greedily. Of the others every second is the target's own (an empty user turn, as in
Magpie) and the rest are framed; half of these answers are greedy. None shares eight words in a row with a line of an excluded file.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import Tensor

from fastdraft.data import KEPT
from fastdraft.questions import excluding, framed_question, given_questions, readings_of
from fastdraft.teacher import Teacher
from fastdraft.tokenizer import AFTER_QUESTION, BEFORE_QUESTION, END, tokenizer_of

TEMPERATURES = [0, 0.7, 0, 1]
LONGEST_QUESTION = 96
LONGEST = 576
# Tokens that are drawn from: fewer than KEPT would make poor labels.
DRAWN = 128


@dataclass
class Conversation:
    """One question and answer on its way. `tokens` are fed one a step; where they end, the next is drawn."""

    index: int
    random: random.Random
    tokens: list[int]
    fed: int
    start: int | None
    """Where the answer begins; None while the target writes the question."""
    temperature: float
    """Of the answer; a question is drawn at 1."""
    labels: list[np.ndarray] = field(default_factory=list)

    @property
    def law(self) -> tuple[float, float]:
        """Temperature and nucleus of the next token."""
        return (1.0, 0.95) if self.start is None else (self.temperature, 1.0)


class Writer:
    def __init__(self, target: Path, options: argparse.Namespace):
        reader = gguf.GGUFReader(target)
        self.tokenizer, self.teacher = tokenizer_of(reader), Teacher(reader, options.device)
        self.encode = lambda text: self.tokenizer.encode(text).ids
        self.end = self.tokenizer.token_to_id(END)
        self.before, self.after = self.encode(BEFORE_QUESTION), self.encode(AFTER_QUESTION)
        self.is_excluded, self.readings = excluding(options.exclude), readings_of(options.readings)
        self.seed, self.device, self.longest_answer = options.seed, options.device, options.tokens
        fits = lambda text: len(self.encode(text)) + len(self.before + self.after) + options.tokens <= LONGEST
        self.given = [text for text in given_questions(options.questions) if fits(text) and not self.is_excluded(text)]
        self.cache = self.teacher.cache(options.rows, LONGEST)

    def begin(self, index: int, row: int) -> Conversation:
        """Conversation number `index` in a row of the cache."""
        if index < len(self.given):
            new = Conversation(index, random.Random(f"{self.seed} {index}"), [], 0, None, 0)
            self.ask(new, self.given[index])
        else:
            others = index - len(self.given)
            temperature = TEMPERATURES[others // 2 % len(TEMPERATURES)]
            new = Conversation(index, random.Random(f"{self.seed} {others}"), list(self.before), 0, None, temperature)
            if others % 2:
                self.ask(new, self.framed(new.random))
        new.fed = len(new.tokens) - 1
        self.teacher.prefill(torch.tensor(new.tokens[:-1], device=self.device), self.cache[:, :, row])
        return new

    def framed(self, random: random.Random) -> str:
        while self.is_excluded(text := framed_question(random, self.readings)):
            pass
        return text

    def ask(self, one: Conversation, text: str) -> None:
        one.tokens, one.fed = self.before + self.encode(text) + self.after, len(self.before) - 1
        one.start = len(one.tokens)

    def advance(self, one: Conversation, token: int, label: np.ndarray) -> bool:
        """What follows the tokens so far; whether the answer has ended."""
        if one.start is not None:
            one.tokens.append(token)
            one.labels.append(label)
            return token == self.end or len(one.labels) >= self.longest_answer or len(one.tokens) >= LONGEST
        written = one.tokens[len(self.before) :]
        if token != self.end and len(written) < LONGEST_QUESTION:
            one.tokens.append(token)
        elif (text := self.tokenizer.decode(written).strip()) and not self.is_excluded(text):
            one.tokens += self.after
            one.start = len(one.tokens)
        else:
            self.ask(one, self.framed(one.random))
        return False

    def step(self, live: list[Conversation]) -> list[bool]:
        """Feeds each conversation's next token. Which of them have ended."""
        positions = [one.fed for one in live]
        fed = torch.tensor([one.tokens[p] for one, p in zip(live, positions)], device=self.device)
        states = self.teacher.step(fed, torch.tensor(positions, device=self.device), self.cache)
        for one in live:
            one.fed += 1
        drawing = [i for i, one in enumerate(live) if one.fed == len(one.tokens)]
        ended = [False] * len(live)
        if drawing:
            ids, logs = self.teacher.law(states[drawing], DRAWN)
            picked = draw(ids, logs, [live[i] for i in drawing]).tolist()
            units = (logs[:, :KEPT].exp() * 65535).round().cpu().numpy()
            labels = np.stack([ids[:, :KEPT].cpu().numpy(), units], 1).astype(np.uint16)
            for i, token, label in zip(drawing, picked, labels):
                ended[i] = self.advance(live[i], token, label)
        return ended

    def lines(self, one: Conversation) -> tuple[str, str, bytes]:
        """What is written of an answer: its line, its tokens, its labels."""
        question = self.tokenizer.decode(one.tokens[len(self.before) : one.start - len(self.after)])
        answer = one.tokens[one.start :]
        finished = answer[-1] == self.end
        text = self.tokenizer.decode(answer)
        line = dict(prompt=question, temperature=one.temperature, finished=finished, tokens=len(answer), text=text, index=one.index)
        return json.dumps(line), json.dumps(dict(start=one.start, tokens=one.tokens)), np.stack(one.labels).tobytes()


def draw(ids: Tensor, logs: Tensor, live: list[Conversation]) -> Tensor:
    """A token for each row; temperature 0 takes the first, which is the likeliest."""
    column = lambda values: torch.tensor(values, device=logs.device)[:, None]
    temperature, nucleus = (column(list(values)) for values in zip(*(one.law for one in live)))
    law = (logs / temperature.clamp(min=1e-6)).softmax(-1)
    before = law.cumsum(-1) - law
    law = law * (before < nucleus)
    uniform = column([one.random.random() for one in live])
    drawn = (law.cumsum(-1) <= uniform * law.sum(-1, keepdim=True)).sum(-1, keepdim=True).clamp(max=DRAWN - 1)
    return ids.gather(1, torch.where(temperature == 0, 0, drawn))[:, 0]


def append(path: Path, parts: tuple[str, str, bytes]) -> None:
    """The line last: what has one is whole."""
    line, document, labels = parts
    for suffix, part in ((".labels", labels), (".documents.jsonl", f"{document}\n".encode()), (".jsonl", f"{line}\n".encode())):
        with path.with_suffix(suffix).open("ab") as out:
            out.write(part)


def write(writer: Writer, path: Path, options: argparse.Namespace) -> None:
    """Keeps `options.rows` conversations going until the answers or the minutes are used up."""
    lines = path.with_suffix(".jsonl")
    done = {json.loads(line)["index"] for line in lines.read_text().splitlines()} if lines.exists() else set()
    waiting = iter([index for index in range(options.answers) if index not in done])
    live = [writer.begin(index, row) for row, index in zip(range(options.rows), waiting)]
    began = reported = time.time()
    fed = tokens = 0
    while live and not (options.minutes and time.time() - began > 60 * options.minutes):
        ended, fed = writer.step(live), fed + len(live)
        for row in reversed([i for i, end in enumerate(ended) if end]):
            append(path, writer.lines(live[row]))
            tokens += len(live[row].labels)
            if (index := next(waiting, None)) is not None:
                live[row] = writer.begin(index, row)
            else:  # The last conversation takes the free row.
                writer.cache[:, :, row] = writer.cache[:, :, len(live) - 1]
                live[row] = live[-1]
                live.pop()
        if time.time() - reported > 30:
            reported = time.time()
            print(f"{tokens} tokens of answers, {fed / (reported - began):.0f} tokens/s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, required=True, help="the target's GGUF file")
    parser.add_argument("--work", type=Path, default=Path(__file__).parent.parent / "work")
    parser.add_argument("--name", default="answers")
    parser.add_argument("--answers", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=0, help="ends after as many minutes")
    parser.add_argument("--exclude", type=Path, nargs="*", default=[], help="files of benchmark questions, a JSON object a line")
    parser.add_argument("--readings", type=Path, nargs="*", default=[], help="files of texts to ask about, an object with `text` a line, gzipped or not")
    parser.add_argument("--questions", type=Path, nargs="*", default=[], help="files of questions, an object with `prompt` a line")
    parser.add_argument("--tokens", type=int, default=256, help="most tokens of an answer")
    parser.add_argument("--rows", type=int, default=64, help="answers at a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.work.mkdir(exist_ok=True)
    write(Writer(options.target, options), options.work / options.name, options)


if __name__ == "__main__":
    main()

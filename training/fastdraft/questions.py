"""Questions in frames, and which questions must be left out."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path

MATERIAL = json.loads((Path(__file__).parent / "questions.json").read_text())
WORDS = 8
SLOT = r"\{(\w+)\}"
LONGEST_READING = 120


def framed_question(random: random.Random, readings: list[str]) -> str:
    """A frame, each of its slots filled anew; what fills a slot may have slots. `readings`: texts to be asked about."""
    material = MATERIAL | {"reading": readings or MATERIAL["passage"]}
    chosen: dict[str, str] = {}

    def fill(slot: re.Match) -> str:
        return chosen.setdefault(slot[1], re.sub(SLOT, fill, random.choice(material[slot[1]])))

    return re.sub(SLOT, fill, random.choice(material["frames"]))


def given_questions(files: list[Path]) -> list[str]:
    """The `prompt` of each line."""
    return [json.loads(line)["prompt"] for file in files for line in read_lines(file)]


def readings_of(files: list[Path]) -> list[str]:
    """The first words of the `text` of each line, up to the end of a sentence."""
    cut = lambda text: re.match(r"(?s).*[.!?](?=\s|$)|", " ".join(text.split()[:LONGEST_READING]))[0]
    readings = [cut(json.loads(line)["text"]) for file in files for line in read_lines(file)]
    return [text.replace("{", "(").replace("}", ")") for text in readings if len(text.split()) >= 40]


def read_lines(file: Path) -> list[str]:
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode().splitlines()


def runs_of_words(text: str) -> set[str]:
    words = re.findall(r"[^\W_]+", text.lower())
    return {" ".join(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)}


def excluding(files: list[Path]):
    """Tells whether a text shares eight words in a row with a line of `files`."""
    known = {run for file in files for line in read_lines(file) for run in runs_of_words(text_of(line))}
    return lambda text: not known.isdisjoint(runs_of_words(text))


def text_of(line: str) -> str:
    """All strings of a JSON line, escapes resolved."""
    strings = lambda value: (
        [value] if isinstance(value, str)
        else [s for v in (value.values() if isinstance(value, dict) else value) for s in strings(v)]
        if isinstance(value, (dict, list)) else []
    )  # fmt: skip
    return "\n".join(strings(json.loads(line)))

"""
Gathers questions of public sets for `fastdraft.write --questions`: `python -m fastdraft.gather CLONES --out FILE`, where CLONES is a
folder with clones of the repositories below. What is taken are questions only, of parts that no benchmark measures; a set
that is missing is left out and named. The sets take turns, by the share of each that is used.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

SUMMED = "Summarize: "
LEAST_WORDS = 60
WORDS_TO_SUM = [100, 140, 180, 220, 260]
WORDS_OF_PASSAGE = 110
MOST_LETTERS = 3200
Draw = random.Random


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def first_words(text: str, count: int) -> str:
    return " ".join(text.split()[:count])


def sums(clones: Path, draw: Draw) -> Iterator[str]:
    """GSM8K, the training part (MIT)."""
    yield from (line["question"] for line in lines(clones / "grade-school-math/grade_school_math/data/train.jsonl"))


def searches(clones: Path, draw: Draw) -> Iterator[str]:
    """What people asked a search engine: EfficientQA's test part, newer than Natural Questions (CC BY-SA 3.0)."""
    folder = clones / "natural-questions/nq_open"
    for line in lines(folder / "NQ-open.efficientqa.test.1.1.no-annotations.jsonl"):
        question = line["question"].strip().removesuffix("?")
        yield f"{question[0].upper()}{question[1:]}?"


def facts(clones: Path, draw: Draw) -> Iterator[str]:
    """HotpotQA (CC BY-SA 4.0)."""
    yield from prompts(clones, "kilt_tasks_hotpotqa_straighforward_qa")


def sentences(clones: Path, draw: Draw) -> Iterator[str]:
    """The German sentences of XQuAD (CC BY-SA 4.0), marks apart as in news translation."""
    for passage, _ in xquad(clones, "de"):
        for sentence in re.split(r'(?<=[.!?])\s+(?=[A-ZÄÖÜ„"])', passage):
            if 30 < len(sentence) < 300:
                apart = re.sub(r'\s*([,.!?;:()"„“])\s*(?=\s|$|[A-Za-zäöü"])', r" \1 ", sentence)
                yield "Translate German to English: " + apart.strip().replace("  ", " ")


def articles(clones: Path, draw: Draw) -> Iterator[str]:
    """News to sum up, in pieces: CNN and Daily Mail (Apache-2.0), XSum (MIT)."""
    for name in ("cnn_dailymail_3_0_0_sum_in_brief", "xsum_summarize_DOC"):
        for text in prompts(clones, name):
            words = re.sub(r"^(Sum the following article in brief|Summarize):", "", text).split()
            while len(words) > LEAST_WORDS:
                count = draw.choice(WORDS_TO_SUM)
                yield SUMMED + " ".join(words[:count])
                words = words[count:]


def passages(clones: Path, draw: Draw) -> Iterator[str]:
    """The English questions of XQuAD, each behind its passage and sometimes another one (CC BY-SA 4.0)."""
    asked = list(xquad(clones, "en"))
    for passage, questions in asked:
        for question in questions:
            parts = [first_words(passage, WORDS_OF_PASSAGE)]
            if draw.random() < 0.6:
                parts.append(first_words(draw.choice(asked)[0], WORDS_OF_PASSAGE))
            draw.shuffle(parts)
            yield "\n".join([*parts, question])


def readings(clones: Path, draw: Draw) -> Iterator[str]:
    """Questions about a text: AdversarialQA (CC BY-SA 4.0), Quoref (CC BY 4.0), DuoRC (MIT)."""
    sets = [f"adversarial_qa_{name}_based_on" for name in ("dbidaf", "dbert", "droberta")]
    for name in (*sets, "quoref_Given_Context_Answer_Question", "duorc_ParaphraseRC_question_answering"):
        yield from (text.strip() for text in prompts(clones, name) if len(text) < MOST_LETTERS)


def tasks(clones: Path, draw: Draw) -> Iterator[str]:
    """Tasks that people wrote for Self-Instruct (Apache-2.0)."""
    for path in ("human_eval/user_oriented_instructions.jsonl", "data/seed_tasks.jsonl"):
        for line in lines(clones / "self-instruct" / path):
            text = f"{line['instruction']}\n\n{line['instances'][0]['input']}".strip()
            if len(text) < MOST_LETTERS:
                yield text


def prompts(clones: Path, name: str) -> list[str]:
    """A part of T0's training data as Self-Instruct has it."""
    folder = clones / "self-instruct/data/finetuning/t0_train_50k/data_per_template"
    return [line["prompt"] for line in lines(folder / f"{name}.jsonl")]


def xquad(clones: Path, language: str) -> Iterator[tuple[str, list[str]]]:
    for article in json.loads((clones / f"xquad/xquad.{language}.json").read_text())["data"]:
        for part in article["paragraphs"]:
            yield part["context"], [asked["question"] for asked in part["qas"]]


SETS: dict[str, Callable[[Path, Draw], Iterator[str]]] = {
    each.__name__: each for each in (sums, searches, facts, sentences, articles, passages, readings, tasks)
}
REPOSITORIES = (
    "openai/grade-school-math, google-research-datasets/natural-questions, google-deepmind/xquad, yizhongw/self-instruct (its data/)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"Repositories: {REPOSITORIES}")
    parser.add_argument("clones", type=Path, help="folder of the clones, by the last part of their names")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=4500, help="questions of one set")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    gathered: list[tuple[float, str, str]] = []
    for name, each in SETS.items():
        draw = random.Random(f"{options.seed} {name}")
        try:
            questions = list(dict.fromkeys(each(options.clones, draw)))
        except FileNotFoundError as missing:
            print(f"{name}: left out, there is no {missing.filename}")
            continue
        draw.shuffle(questions)
        used = questions[: options.most]
        gathered += [(i / len(used), name, text) for i, text in enumerate(used)]
        print(f"{name}: {len(used)} of {len(questions)}")
    gathered.sort(key=lambda item: item[0])
    options.out.write_text("".join(f"{json.dumps(dict(prompt=text, kind=name))}\n" for _, name, text in gathered))


if __name__ == "__main__":
    main()

"""What the draft takes over from the target: its vocabulary and the directions of its embedding."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize

from fastdraft.data import Answer
from fastdraft.model import SHAPE, Draft
from stories.model import Shape

HEAD_TOKENS = 8192


def token_mass(answers: list[Answer], vocabulary: int) -> np.ndarray:
    """How often the target would say each token, from its predictions; of texts without them, how often it did. [vocabulary]"""
    mass = np.zeros(vocabulary)
    for answer in answers:
        if answer.labels is None:
            np.add.at(mass, answer.tokens[answer.start :], 1)
        else:
            np.add.at(mass, answer.labels[:, 0].ravel(), answer.labels[:, 1].ravel() / 65535)
    return mass


def frequent(mass: np.ndarray, count: int = HEAD_TOKENS) -> np.ndarray:
    """The `count` likeliest tokens, ascending."""
    return np.sort(np.argsort(-mass, kind="stable")[:count])


def embedding_of(path: Path) -> np.ndarray:
    """[vocabulary, width]"""
    tensor = next(t for t in gguf.GGUFReader(path).tensors if t.name == "token_embd.weight")
    return dequantize(tensor.data, tensor.tensor_type)


def reduced(embedding: np.ndarray, mass: np.ndarray, width: int) -> np.ndarray:
    """
    The embedding in its `width` main directions: a truncated singular value decomposition around its mean, tokens weighted by the
    root of their frequency. Of unit variance, [vocabulary, width].
    """
    weight = np.sqrt(mass + 1)[:, None] / np.sqrt(mass + 1).sum()
    centred = embedding - (weight * embedding).sum(0)
    _, directions = np.linalg.eigh((centred * weight).T @ centred)
    kept = centred @ directions[:, ::-1][:, :width]
    return (kept / np.sqrt((weight * kept**2).sum() / width)).astype(np.float32)


def turn_to_following(vectors: np.ndarray, answers: list[Answer]) -> np.ndarray:
    """
    The orthogonal matrix that turns each token's vector nearest to that of the token after it (Procrustes), [width, width]. The
    residual stream then begins as a guess of the next token instead of a copy of the last one.
    """
    width = vectors.shape[1]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = np.zeros((width, width))
    for answer in answers:
        rows = unit[answer.tokens[answer.start - 1 :]]
        pairs += rows[:-1].T @ rows[1:]
    left, _, right = np.linalg.svd(pairs)
    return (left @ right).astype(np.float32)


def fresh_draft(target: Path, answers: list[Answer], dropout: float) -> Draft:
    """A draft whose embedding and head begin as the target's embedding in fewer directions; its layers are random."""
    embedding = embedding_of(target)
    mass = token_mass(answers, len(embedding))
    vectors = reduced(embedding, mass, SHAPE["width"])
    draft = Draft(Shape(vocabulary=len(embedding), **SHAPE), torch.from_numpy(frequent(mass)), dropout)
    with torch.no_grad():
        draft.embedding.weight.copy_(torch.from_numpy(vectors @ turn_to_following(vectors, answers)) * 0.2)
        draft.head.weight.copy_(torch.from_numpy(vectors)[draft.head_tokens] * draft.shape.width**-0.5)
    return draft

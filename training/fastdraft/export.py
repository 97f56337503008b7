"""
Writes the draft as GGUF (Q8_0, its embedding Q5_1) with the target's tokenizer: `python -m fastdraft.export work/smollm2-draft-align.pt --target TARGET.gguf
--out ../packages/models/smollm2-draft/smollm2-draft.gguf`. The head has a row for each of its tokens; `foretoken.head_tokens` says which.

Then reads the file back and prints the acceptance of its dequantized weights.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize

from fastdraft.acceptance import acceptance
from fastdraft.data import labelled_split
from fastdraft.model import Draft, load_draft
from fastdraft.train import LONGEST
from stories.tensors import interleave, names, rotary_heads

HEAD_TOKENS = "foretoken.head_tokens"
Q8_0, Q5_1 = gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q5_1


def tensor_names(layers: int) -> dict[str, str]:
    """GGUF tensor name → parameter name."""
    return names(layers) | {"output.weight": "head.weight"}


def write(draft: Draft, target: gguf.GGUFReader, path: Path) -> None:
    shape, writer = draft.shape, gguf.GGUFWriter(path, "llama")
    writer.add_name("SmolLM2 draft")
    writer.add_description("Drafts for SmolLM2-135M-Instruct.")
    writer.add_license("apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_array(HEAD_TOKENS, draft.head_tokens.tolist())
    copy_tokenizer(writer, target)
    for theirs, ours in tensor_names(shape.layers).items():
        weight = draft.get_parameter(ours).detach().numpy()
        if heads := rotary_heads(theirs, shape):
            weight = interleave(weight, heads)
        if weight.ndim == 1:
            writer.add_tensor(theirs, weight)
        else:
            kind = Q5_1 if theirs == "token_embd.weight" else Q8_0
            writer.add_tensor(theirs, quantize(weight, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def copy_tokenizer(writer: gguf.GGUFWriter, target: gguf.GGUFReader) -> None:
    """All that the target's file says of its tokenizer, the chat template included."""
    for name, field in target.fields.items():
        if name.startswith("tokenizer."):
            inner = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(name, field.contents(), field.types[0], inner)


def read(path: Path, like: Draft) -> Draft:
    """A copy of `like` with the file's dequantized weights."""
    draft, table = copy.deepcopy(like), tensor_names(like.shape.layers)
    with torch.no_grad():
        for tensor in gguf.GGUFReader(path).tensors:
            weight = dequantize(tensor.data, tensor.tensor_type)
            if heads := rotary_heads(tensor.name, like.shape):
                weight = interleave(weight, heads, inverse=True)
            draft.get_parameter(table[tensor.name]).copy_(torch.from_numpy(np.array(weight)))
    return draft


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--target", type=Path, required=True, help="the target's GGUF file")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent.parent / "work")
    parser.add_argument("--answers", nargs="+", default=["answers"])
    options = parser.parse_args()
    draft, facts = load_draft(options.weights)
    write(draft, gguf.GGUFReader(options.target), options.out)
    print(f"{options.out}: {options.out.stat().st_size} bytes, trained: {facts}")
    _, held = labelled_split([options.work / name for name in options.answers], LONGEST)
    print("exported:", acceptance(read(options.out, draft), held, LONGEST))


if __name__ == "__main__":
    main()

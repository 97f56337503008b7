"""Exports a GGUF checkpoint the way transformers.js reads it: dequantized, through optimum, then quantized. And as GGUF of the kinds
for which llama.cpp has kernels on WASM, for wllama.

    python -m venv .venv && .venv/bin/pip install -r requirements.txt
    .venv/bin/python export.py CHECKPOINT.gguf OUT

OUT then holds config.json, tokenizer.json and onnx/model.onnx (float32), onnx/model_quantized.onnx (int8, dynamic,
per channel: dtype "q8") and onnx/model_q4.onnx (4 bits in blocks of 32, int8 products: dtype "q4"); gguf/model_q8.gguf has all
matrices in Q8_0, gguf/model_q4.gguf in Q4_0.
"""

import argparse
import pathlib
import tempfile

import gguf
import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from optimum.exporters.onnx import main_export
from transformers import AutoModelForCausalLM, AutoTokenizer


def export(checkpoint: pathlib.Path, out: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = {"pretrained_model_name_or_path": checkpoint.parent, "gguf_file": checkpoint.name}
        AutoModelForCausalLM.from_pretrained(**source).float().save_pretrained(folder)
        AutoTokenizer.from_pretrained(**source).save_pretrained(folder)
        main_export(folder, out, task="text-generation-with-past", do_validation=False)
    (out / "onnx").mkdir(exist_ok=True)
    for file in out.glob("model.onnx*"):
        file.rename(out / "onnx" / file.name)


def quantize(folder: pathlib.Path) -> None:
    full = folder / "model.onnx"
    quantize_dynamic(
        full,
        folder / "model_quantized.onnx",
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True},
    )
    narrow = MatMulNBitsQuantizer(onnx.load(full), block_size=32, is_symmetric=True, accuracy_level=4)
    narrow.process()
    onnx.save(narrow.model.model, folder / "model_q4.onnx")


def requantize(checkpoint: pathlib.Path, out: pathlib.Path, kind: gguf.GGMLQuantizationType) -> None:
    reader = gguf.GGUFReader(checkpoint)
    architecture = reader.fields["general.architecture"].contents()
    writer = gguf.GGUFWriter(out, architecture)
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), field.types[0], sub_type=inner)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        if values.ndim == 2:
            writer.add_tensor(tensor.name, gguf.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(tensor.name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.out)
    quantize(arguments.out / "onnx")
    (arguments.out / "gguf").mkdir(exist_ok=True)
    requantize(arguments.checkpoint, arguments.out / "gguf/model_q8.gguf", gguf.GGMLQuantizationType.Q8_0)
    requantize(arguments.checkpoint, arguments.out / "gguf/model_q4.gguf", gguf.GGMLQuantizationType.Q4_0)

"""Turns a sentence-transformers model into ONNX files: `python -m ragapp.llm.export_onnx SOURCE TARGET NAME`.

Runs as a process of its own, so that torch's memory goes when it ends and no server ever imports torch.
"""

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ONNX_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
DESCRIPTION_FILE = "description.json"
# Short, long, numbers, another script: what the export must embed as the original does.
PROBES = (
    "How many days of parental leave do I get?",
    "Error E-417 on pump RB-203/7: replace the shaft seal after 4,000 hours of operation.",
    "Der Urlaubsantrag wird im Portal gestellt und von der Führungskraft genehmigt.",
    "The travel expense policy covers trains, hotels and meals. " * 12,
)
EXACT = 0.9999  # cosine of an ONNX vector to the original's
CLOSE_ENOUGH = 0.97  # the same for eight-bit weights; all-MiniLM-L6-v2 has .99


def export(source: Path, target: Path, name: str) -> None:
    """Write the ONNX model, its tokenizer and its description into `target`, an empty folder.

    Weights become eight-bit per channel unless that moves a probe's vector too far; then they stay float32. Seven
    of the eight bits are used, so that processors without VNNI do not saturate and all machines agree.
    """
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(str(source), device="cpu", local_files_only=True)
    if not model.tokenizer.is_fast:
        raise SystemExit(f"{name} has no fast tokenizer (tokenizer.json).")
    (target / TOKENIZER_FILE).write_text(model.tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
    full = target / "full.onnx"
    wanted = model.encode(list(PROBES), batch_size=1, normalize_embeddings=True)
    hook = _leave_out_the_mask(model)
    _trace(model, full)
    if hook is not None and _closeness(model, full, wanted) < EXACT:
        hook.remove()
        _trace(model, full)
    if _closeness(model, full, wanted) < EXACT:
        raise SystemExit(f"{name} in ONNX does not embed as the original does.")
    small = target / "small.onnx"
    _quantise(full, small)
    precision = "int8" if _closeness(model, small, wanted) >= CLOSE_ENOUGH else "float32"
    chosen, other = (small, full) if precision == "int8" else (full, small)
    other.unlink()
    chosen.rename(target / ONNX_FILE)
    description = {
        "precision": precision,
        "dimensions": int(wanted.shape[1]),
        "window": int(model.max_seq_length),
        "query_prefix": model.prompts.get("query") or "",
        "passage_prefix": model.prompts.get("document") or model.prompts.get("passage") or "",
    }
    (target / DESCRIPTION_FILE).write_text(json.dumps(description, indent=1), encoding="utf-8")


def _leave_out_the_mask(model: Any) -> Any:
    """Each text is embedded by itself, so nothing of it is masked: without the mask it takes a sixth less time.

    The hook that does it; None for a model that is no transformer.
    """
    transformer = getattr(model[0], "auto_model", None)
    if transformer is None:
        return None
    return transformer.register_forward_pre_hook(
        lambda _, args, kwargs: (args, {**kwargs, "attention_mask": None}), with_kwargs=True
    )


def _trace(model: Any, path: Path) -> None:
    import torch

    class Whole(torch.nn.Module):
        """Token ids in, one normalised vector per text out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            return torch.nn.functional.normalize(self.model(features)["sentence_embedding"], p=2, dim=1)

    ids = torch.tensor([[5, 6, 7, 8, 9, 10, 11, 12]] * 2)
    mask = torch.tensor([[1] * 8, [1] * 5 + [0] * 3])
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        Whole().eval(),
        (ids, mask),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["vectors"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "texts"}},
        opset_version=17,
        # The newer exporter takes four times as long for the same graph.
        dynamo=False,
    )


def _quantise(full: Path, small: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        full, small, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=True
    )


def _closeness(model: Any, path: Path, wanted: NDArray[np.float32]) -> float:
    """The smallest cosine between a probe's vector from `path` and the original's."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    cosines = []
    for probe, vector in zip(PROBES, wanted, strict=True):
        ids = model.tokenizer(probe, truncation=True, max_length=model.max_seq_length)["input_ids"]
        row = np.array([ids], dtype=np.int64)
        (got,) = session.run(None, {"input_ids": row, "attention_mask": np.ones_like(row)})
        cosines.append(float(got[0] @ vector))
    return min(cosines)


if __name__ == "__main__":
    # Tracing warns of every constant it folds and quantisation of optional steps: the probes decide.
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    export(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

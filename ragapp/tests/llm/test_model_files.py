"""Which files an embedding model may consist of, and how its export comes about."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from ragapp.llm import embedding, encoders, model_files
from ragapp.llm.errors import EmbeddingModelChanged, EmbeddingModelError, EmbeddingModelMissing


@pytest.fixture
def source() -> model_files.Source:
    return model_files.locate(model_files.PACKAGED_NAME)


@pytest.fixture
def copy(source, tmp_path) -> model_files.Source:
    """The packaged model in a folder of the test's own."""
    folder = tmp_path / "model"
    shutil.copytree(source.folder, folder)
    return model_files.Source(name=source.name, folder=folder, revision=source.revision)


def test_the_packaged_model_is_the_published_one(source):
    model_files.verify(source)


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_a_tampered_file_is_refused_by_name(copy, file):
    content = bytearray((copy.folder / file).read_bytes())
    content[-1] ^= 1
    (copy.folder / file).write_bytes(content)

    with pytest.raises(EmbeddingModelChanged, match=f"{file} differs from the published file.*Install the package"):
        model_files.verify(copy)


def test_a_missing_file_is_refused_by_name(copy):
    (copy.folder / "tokenizer.json").unlink()

    with pytest.raises(EmbeddingModelChanged, match=r"tokenizer\.json is missing"):
        model_files.verify(copy)


def test_a_tampered_model_is_not_exported(copy, tmp_path):
    (copy.folder / "config.json").write_text("{}")

    with pytest.raises(EmbeddingModelChanged):
        model_files.exported(copy, tmp_path / "cache")

    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_model_that_is_not_here_is_not_looked_for_elsewhere():
    with pytest.raises(EmbeddingModelMissing, match="neither a folder nor in this machine's hub cache"):
        model_files.locate("nobody/no-such-model")


def test_a_folder_without_a_model_says_what_is_missing(tmp_path):
    with pytest.raises(EmbeddingModelMissing, match=r"modules\.json is missing"):
        model_files.locate(str(tmp_path))


def test_a_folder_that_was_trained_again_has_another_revision(copy):
    before = model_files.locate(str(copy.folder)).revision

    (copy.folder / "config.json").write_text((copy.folder / "config.json").read_text() + "\n")

    assert model_files.locate(str(copy.folder)).revision != before


def test_a_cache_that_cannot_be_written_says_so(source, tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(EmbeddingModelError, match="Check that the folder is writable"):
        model_files.exported(source, tmp_path / "file" / "models")


@pytest.mark.slow
def test_a_damaged_export_is_made_again_once_however_many_wait_for_it(source, tmp_path):
    embedding.warm_up()
    shutil.copytree(settings.MODELS_DIR, tmp_path / "models")
    damaged = model_files.exported(source, tmp_path / "models")
    with damaged.onnx_file.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"?")

    with ThreadPoolExecutor(2) as pool:
        exports = list(pool.map(lambda _: model_files.exported(source, tmp_path / "models"), range(2)))

    assert exports[0] == exports[1] == damaged
    assert _made_again(damaged.folder)
    vector = encoders.OnnxEncoder(exports[0]).vector("How many days of parental leave do I get?")
    assert vector @ embedding.embed_query("How many days of parental leave do I get?") > 0.999


def _made_again(folder: Path) -> bool:
    return folder.is_dir() and not list(folder.parent.glob(".new-*"))


@pytest.mark.slow
def test_a_model_that_cannot_be_exported_is_served_by_torch(source):
    text = "How many days of parental leave do I get?"

    encoder = encoders.TorchEncoder(source)

    assert encoder.card.dimensions == 384
    assert encoder.card.max_tokens == embedding.model_card().max_tokens
    assert encoder.vector(text) @ embedding.embed_query(text) > 0.98

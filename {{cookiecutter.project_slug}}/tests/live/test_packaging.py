"""What a Bento holds: the evaluated bytes, the production half of the package, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core import data, schema
from {{cookiecutter.__package}}.live import packaging, runtime

PACKAGE = packaging.PACKAGE.name


@pytest.fixture
def staged(model_files: list[Path], project: Path, tmp_path: Path) -> Path:
    """What is laid out for a Bento."""
    return packaging.stage_files(model_files, project / "requirements" / "serve.txt", tmp_path / "context")


def inside(folder: Path) -> set[str]:
    """Return every file in a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_only_what_serving_needs_is_laid_out(staged: Path):
    """The model, the serving lock, and of the package `core` and `live`: no notebooks, no data, no `lab`, no .env."""
    assert {path.name for path in staged.iterdir()} == {"models", "serve.txt", PACKAGE}
    assert {path.name for path in (staged / PACKAGE).iterdir()} == {"__init__.py", "core", "live"}
    assert {path.name for path in (staged / "models").iterdir()} == {
        "golden.json",
        "lineage.json",
        "model.onnx",
        "predictions.json",
        "signature.json",
    }
    assert {Path(name).suffix for name in inside(staged / PACKAGE)} == {".py", ".html", ".css", ".js"}


def test_secrets_beside_the_model_stay_where_they_are(model_files: list[Path], project: Path, tmp_path: Path):
    """Files are taken by name, not by folder."""
    folder = tmp_path / "models"
    folder.mkdir()
    for path in model_files:
        data.save_bytes(path.read_bytes(), folder / path.name)
    for name in (".env", "notes.txt", "train.parquet"):
        (folder / name).write_text("confidential", encoding="utf-8")
    chosen = [folder / path.name for path in model_files]
    context = packaging.stage_files(chosen, project / "requirements" / "serve.txt", tmp_path / "context")
    assert not any(b"confidential" in path.read_bytes() for path in context.rglob("*") if path.is_file())


def test_the_code_is_the_package_s_own(staged: Path):
    """Every module of the production half arrives as it is, and so do the parts of the playground's page."""
    for part in packaging.SHIPPED:
        for path in (
            path for suffix in ("py", "html", "css", "js") for path in (packaging.PACKAGE / part).rglob(f"*.{suffix}")
        ):
            assert (staged / PACKAGE / path.relative_to(packaging.PACKAGE)).read_bytes() == path.read_bytes()


def test_the_bento_holds_what_was_laid_out(bento: Path, staged: Path):
    """BentoML adds its own files around it and takes none away; nothing else gets in."""
    held = inside(bento / "src")
    assert inside(staged) <= held
    assert {name for name in held - inside(staged) if name.endswith((".py", ".ipynb", ".parquet", ".env"))} == set()
    assert not (bento / "src" / PACKAGE / "lab").exists()


def test_the_bento_holds_the_evaluated_bytes(bento: Path, served: runtime.Model):
    """Their hash is the model's identity."""
    assert schema.sha256((bento / "src/models/model.onnx").read_bytes()) == served.signature.sha256


def test_a_model_that_is_not_its_signature_s_is_not_packaged(model_folder: Path, project: Path, tmp_path: Path):
    """The build is refused, and an earlier Bento stays as it was."""
    earlier = tmp_path / "bento"
    earlier.mkdir()
    (earlier / "bento.yaml").write_text("an earlier one", encoding="utf-8")
    data.save_bytes(b"another model", model_folder / "model.onnx")
    with pytest.raises(runtime.ModelFileError, match="is not the model its signature"):
        packaging.build_bento(
            sorted(model_folder.iterdir()), project / "requirements" / "serve.txt", earlier, version="8"
        )
    assert (earlier / "bento.yaml").read_text(encoding="utf-8") == "an earlier one"


def test_a_new_bento_takes_the_place_of_an_earlier_one(model_files: list[Path], project: Path, tmp_path: Path):
    """Nothing of the earlier one is left, the tag says what was built, and the caller's environment stays as it was."""
    folder, before = tmp_path / "bento", dict(os.environ)
    folder.mkdir()
    (folder / "left over").write_text("from the earlier one", encoding="utf-8")
    tag = packaging.build_bento(model_files, project / "requirements" / "serve.txt", folder, version="9")
    name, version = tag.split(":")
    assert version == "9"
    assert f"\nname: {name}\n" in (folder / "bento.yaml").read_text(encoding="utf-8")
    assert not (folder / "left over").exists()
    assert dict(os.environ) == before

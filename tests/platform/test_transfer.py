"""Everything can leave, and come back identically."""

import filecmp
from pathlib import Path

import pytest
from django.conf import settings

from essaim.platform.community import services as community
from essaim.platform.programmes import services as programmes
from essaim.platform.transfer import services as transfer
from tests.rubbish import RUBBISH


def _same(left: Path, right: Path) -> bool:
    names = {p.relative_to(left) for p in left.rglob("*") if p.is_file()}
    assert names == {p.relative_to(right) for p in right.rglob("*") if p.is_file()}
    return all(filecmp.cmp(left / name, right / name, shallow=False) for name in names)


@pytest.fixture
def convergence(writer):
    programme = programmes.load_folder(settings.PROGRAMMES_DIR / "convergence", by=writer)
    community.create_lesson(
        programme, by=writer, kind="failed", title="Trop vite", learnt="Ceci ; cela", evidence="Un\ntexte"
    )
    return programme


def test_a_programme_leaves_and_comes_back_identically(convergence, tmp_path) -> None:
    transfer.export_programme(convergence, tmp_path / "first")
    convergence.delete()
    back = transfer.import_programme(tmp_path / "first")
    transfer.export_programme(back, tmp_path / "second")
    assert _same(tmp_path / "first", tmp_path / "second")


def test_nothing_is_overwritten(convergence, tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("à garder")
    with pytest.raises(transfer.NotAnExport, match="n’est pas vide"):
        transfer.export_programme(convergence, tmp_path)


def test_a_known_programme_is_not_imported_twice(convergence, tmp_path) -> None:
    transfer.export_programme(convergence, tmp_path / "out")
    with pytest.raises(transfer.NotAnExport, match="existe déjà"):
        transfer.import_programme(tmp_path / "out")


def test_a_spoilt_folder_writes_nothing_and_says_where(convergence, tmp_path) -> None:
    out = tmp_path / "out"
    transfer.export_programme(convergence, out)
    convergence.delete()
    document = next((out / "documents").glob("programmes.protocolversion*"))
    document.unlink()
    with pytest.raises(transfer.NotAnExport, match=r"programmes\.protocolversion\.csv, ligne 2"):
        transfer.import_programme(out)
    assert not any(p.slug == "convergence" for p in programmes.all_programmes())


def test_a_document_outside_the_folder_is_refused(convergence, tmp_path) -> None:
    out = tmp_path / "out"
    transfer.export_programme(convergence, out)
    convergence.delete()
    versions = out / "programmes.protocolversion.csv"
    text = versions.read_text()
    name = next((out / "documents").glob("programmes.protocolversion*-document.yaml")).name
    versions.write_text(text.replace(f"documents/{name}", "../../etc/passwd"))
    with pytest.raises(transfer.NotAnExport, match="sort du dossier"):
        transfer.import_programme(out)


def test_a_folder_that_is_not_an_export_is_refused(writer, tmp_path) -> None:
    with pytest.raises(transfer.NotAnExport, match=r"essaim\.yaml"):
        transfer.import_programme(tmp_path)


@pytest.mark.parametrize("kind", ["noise", "deep yaml"])
@pytest.mark.parametrize("file", ["essaim.yaml", "programmes.programme.csv"])
def test_a_folder_full_of_rubbish_is_refused_whole(convergence, tmp_path, kind: str, file: str) -> None:
    transfer.export_programme(convergence, tmp_path / "first")
    convergence.delete()
    (tmp_path / "first" / file).write_bytes(RUBBISH[kind]())
    with pytest.raises(transfer.NotAnExport):
        transfer.import_programme(tmp_path / "first")

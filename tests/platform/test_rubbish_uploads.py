"""Every upload of the site × every kind of rubbish: words for the person, nothing written.

Sizes are small here; ``docs/methods/opendata.md`` says what was measured with hundreds of megabytes.
"""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from essaim.opendata import safety
from essaim.platform.evaluations.models import Panel
from essaim.platform.opendata.models import Import, Vintage
from essaim.platform.sites.models import Site
from essaim.platform.territories.models import Indicator, Study
from tests.rubbish import RUBBISH

KEPT = (Study, Indicator, Site, Panel, Vintage)
# each kind goes to two of these in turn, so that the suite stays short; every reader meets rubbish in tests/opendata
SOURCES = ("insee_ze", "cnaf", "anct_qpv_contours", "data_inclusion_services", "finess", "rome", "sirene")


@pytest.fixture
def world(make, login, settings, tmp_path: Path) -> dict[str, Any]:
    settings.OPENDATA_DIR = tmp_path / "opendata"
    head = make.organisation("Réseau")
    programme = make.programme("Programme", head=head)
    plan = make.plan(programme)
    client = login(make.member(head))
    return {"client": client, "head": head, "programme": programme, "plan": plan}


def _addresses(world: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Each upload: its address, the field of the file, what else the form asks."""
    slug = world["programme"].slug
    panel = {"title": "Panel", "source": "Essai"}
    return {
        "own table": (reverse("territories:upload", args=[slug]), "file", {}),
        "study": (reverse("territories:replay", args=[slug]), "file", {}),
        "sites": (reverse("sites:import", args=[slug]), "file", {}),
        "panel": (reverse("evaluations:panel_new", args=[slug, world["plan"].pk]), "outcome", panel),
    }


def _send(client: Any, address: str, field: str, content: bytes, fields: dict[str, Any]) -> Any:
    # every file is named as the form hopes: its content must be judged, not its name
    return client.post(address, {**fields, field: SimpleUploadedFile("fichier.csv", content or b"\n")})


def _says_why(page: str) -> bool:
    return any(mark in page for mark in ("has-error", "alert-danger", "alert-warning", "problème"))


@pytest.mark.parametrize("kind", RUBBISH)
def test_a_form_says_what_is_wrong_and_keeps_nothing(world, kind: str) -> None:
    content = RUBBISH[kind]()
    before = [model.objects.count() for model in KEPT]
    for name, (address, field, fields) in _addresses(world).items():
        response = _send(world["client"], address, field, content, fields)
        if (
            response.status_code == 302
        ):  # a line of text is a table all the same: its columns are to be declared
            assert name == "own table" and world["client"].get(response["Location"]).status_code == 200
            continue
        assert response.status_code == 200, name
        assert _says_why(response.content.decode()), name
    assert [model.objects.count() for model in KEPT] == before


@pytest.mark.parametrize("kind", RUBBISH)
def test_an_official_file_that_is_not_one_stops_in_words(
    world, kind: str, django_capture_on_commit_callbacks
) -> None:
    content = RUBBISH[kind]()
    first = list(RUBBISH).index(kind)
    for source in {SOURCES[first % len(SOURCES)], SOURCES[(first + 3) % len(SOURCES)]}:
        data = {"source": source, "organisation": world["head"].pk}
        with django_capture_on_commit_callbacks(execute=True):
            response = _send(world["client"], reverse("opendata:bring"), "file", content, data)
        assert response.status_code == 302, source
        brought = Import.objects.first()
        assert brought.state == "failed" and "erreur du logiciel" not in brought.message, (
            source,
            brought.message,
        )
    assert not Vintage.objects.exists()


def test_a_file_over_the_limit_is_refused_before_it_is_read(world, settings, monkeypatch) -> None:
    settings.MAX_UPLOAD_BYTES = settings.OPENDATA_UPLOAD_BYTES = 1_000
    monkeypatch.setattr(safety.zipfile, "ZipFile", lambda *_: pytest.fail("read"))
    content = b"code;valeur\n" + b"01001;1\n" * 1_000
    addresses = _addresses(world)
    addresses["official"] = (
        reverse("opendata:bring"), "file", {"source": "cnaf", "organisation": world["head"].pk},
    )  # fmt: skip
    for name, (address, field, fields) in addresses.items():
        response = _send(world["client"], address, field, content * (1 if name != "study" else 30), fields)
        assert response.status_code == 200 and _says_why(response.content.decode()), name

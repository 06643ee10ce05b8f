"""The folder of official files brought in whole, and the studies that the demonstration makes of them."""

from pathlib import Path

import pytest

from essaim.platform.demo import official, targeting
from essaim.platform.opendata import services as opendata
from essaim.platform.opendata.models import Vintage
from essaim.platform.programmes import services as programmes
from essaim.platform.territories import reading, sources
from tests.realdata.folder import FOLDER

pytestmark = pytest.mark.realdata


@pytest.fixture
def brought(writer, make, settings, tmp_path: Path) -> list[str]:
    settings.OPENDATA_DIR = tmp_path / "opendata"
    for slug in {wanted.programme for wanted in targeting.TARGETINGS}:
        make.programme(slug.title(), slug=slug)
    said: list[str] = []
    official.bring_folder(FOLDER, writer, said.append)
    return said


def test_the_folder_comes_in_and_five_programmes_choose_on_it(brought, writer) -> None:
    assert not [line for line in brought if line.startswith("Laissé de côté")]
    rows = {vintage.source: vintage.rows for vintage in Vintage.objects.all()}
    assert rows == {
        "insee_ze": 34_945, "insee_ze_contours": 306, "insee_chomage_ze": 25_066, "anct_qpv": 1_584,
        "insee_chomage_departement": 16_988, "insee_filosofi": 4_368, "dares_defm": 3_438, "cnaf": 4_448,
        "anct_qpv_contours": 1_584, "rome": 1_584,
    }  # fmt: skip
    assert len(list(targeting.make_studies({}, writer))) == len(targeting.TARGETINGS)
    sizes = {
        (study.programme.slug, study.document["unit"]): study.result["count"]
        for slug in ("convergence", "tapaj", "impact-jeunes", "fermes-emmaus", "tzcld")
        for study in programmes.programme_by_slug(slug).studies.all()
    }
    assert sizes[("impact-jeunes", "qpv")] == 71 and sizes[("convergence", "epci")] == 1_255
    quartiers = programmes.programme_by_slug("impact-jeunes").studies.get(document__unit="qpv")
    drawn = reading.ranking_map(quartiers)
    assert drawn is not None and len(drawn.rows) == 71


def test_levels_meet_on_the_real_files(brought) -> None:
    programme = programmes.programme_by_slug("convergence")
    available = opendata.Available(programme)
    zones = sources.table_for(programme, "ze", ["chomage_ze_2023_t3", "population"])
    assert len(zones.codes) == 306 and zones.column("chomage_ze_2023_t3").missing == 4
    shapes = available.outlines("ze")
    assert shapes is not None and set(shapes.paths) == set(zones.codes)
    quartiers = available.outlines("qpv")
    # 88 quartiers of French Polynesia and 3 of Saint-Martin lie in no part of France that the maps draw.
    assert quartiers is not None and len(quartiers.paths) == 1_584 - 91
    assert sum(map(len, shapes.paths.values())) < 600_000  # characters of a map of every zone
    by_epci = sources.table_for(programme, "epci", ["chomage_ze_2023_t3"])
    assert by_epci.carried_down("chomage_ze_2023_t3") and by_epci.column("chomage_ze_2023_t3").missing < 20

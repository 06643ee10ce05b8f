"""Official files on the platform: brought, shown before they are kept, side by side, used by studies."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from essaim.platform.opendata import bringing, services, store
from essaim.platform.opendata.models import Import, Vintage
from essaim.platform.territories import services as territories
from essaim.platform.territories import sources
from tests.platform.serving import serving

ZONES = "ZE2020;LIBZE2020;2024-T3;2024-T4\n0051;Alençon;7,4;7,3\n8405;Annecy;5,1;5,0\n"
LATER = "ZE2020;LIBZE2020;2024-T4;2025-T1\n0051;Alençon;7,3;7,1\n8405;Annecy;5,0;4,9\n"
COMPOSITION = (
    "CODGEO;LIBGEO;ZE2020;LIBZE2020\n01001;L’Abergement-Clémenciat;8405;Annecy\n"
    "61001;Alençon;0051;Alençon\n01002;L’Abergement-de-Varey;8405;Annecy\n"
)
QUARTERS = "code_qp;lib_qp;insee_com\nQN06101M;Perseigne;61001\nQN00101M;La Reyssouze;1001\n"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.OPENDATA_DIR = tmp_path / "opendata"


def kept(writer, tmp_path: Path, source: str, text: str, name: str = "", **options) -> Vintage:
    file = tmp_path / (name or f"{source}.csv")
    file.write_text(text, encoding="utf-8")
    return services.bring_now(source, file, options.pop("organisation", None), writer, **options)


def begun(writer, text: str) -> Import:
    def write(target: Path) -> None:
        target.write_text(text, encoding="utf-8")

    return bringing.begin("insee_chomage_ze", None, writer, name="a.csv", content=write)


def send(client, source: str, text: str, organisation, **fields):
    file = SimpleUploadedFile("fichier.csv", text.encode())
    data = {"source": source, "organisation": organisation.pk, "file": file, **fields}
    return client.post(reverse("opendata:bring"), data)


def test_a_file_sent_is_shown_before_it_is_kept(make, login, django_capture_on_commit_callbacks) -> None:
    head = make.organisation("Réseau")
    client = login(make.member(head))
    with django_capture_on_commit_callbacks(execute=True):
        send(client, "insee_chomage_ze", ZONES, head)
    started = Import.objects.get()
    assert started.state == "ready" and not Vintage.objects.exists()
    page = client.get(reverse("opendata:import", args=[started.pk])).content.decode()
    assert "Premier millésime" in page and "2024-T3 à 2024-T4" in page and "Taux de chômage" in page
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("opendata:confirm", args=[started.pk]))
    vintage = Vintage.objects.get()
    assert (vintage.organisation, vintage.vintage, vintage.rows) == (head, "2024-T3 à 2024-T4", 4)
    assert vintage.path.is_dir() and not started.path.exists()


def test_every_vintage_says_where_it_comes_from(writer, tmp_path) -> None:
    vintage = kept(writer, tmp_path, "insee_chomage_ze", ZONES)
    assert len(vintage.sha256) == 64 and vintage.licence and vintage.producer == "Insee"
    assert vintage.address == "insee_chomage_ze.csv" and vintage.imported_at <= timezone.now()


def test_two_vintages_live_side_by_side_and_give_two_indicators(writer, make, tmp_path) -> None:
    kept(writer, tmp_path, "insee_chomage_ze", ZONES)
    kept(writer, tmp_path, "insee_chomage_ze", LATER)
    assert set(sources.measures_for(make.programme(), "ze")) == {"chomage_ze_2024_t4", "chomage_ze_2025_t1"}


def test_a_refresh_shows_what_changed_before_it_replaces(writer, tmp_path) -> None:
    first = kept(writer, tmp_path, "insee_chomage_ze", ZONES)
    folder = first.path
    revised = ZONES.replace("5,0", "5,2")
    started = begun(writer, revised)
    bringing.bring(started)
    assert started.preview["summary"] == {"added": 0, "removed": 0, "changed": 1}
    assert started.preview["samples"]["changed"] == [{"key": "8405 / 2024-T4", "what": "value : 5.0 → 5.2"}]
    first.refresh_from_db()
    assert first.path == folder  # nothing replaced yet
    assert services.confirm(started).pk == first.pk


def test_what_was_compared_is_what_is_replaced(writer, tmp_path) -> None:
    started = begun(writer, ZONES)
    bringing.bring(started)
    kept(writer, tmp_path, "insee_chomage_ze", ZONES.replace("5,0", "5,2"))
    with pytest.raises(ValidationError, match="a changé depuis"):
        services.confirm(started)


def test_a_refused_file_leaves_nothing(writer, tmp_path) -> None:
    with pytest.raises(bringing.Refused, match="colonne"):
        kept(writer, tmp_path, "insee_chomage_ze", "a;b\n1;2\n")
    assert not Import.objects.exists() and not Vintage.objects.exists()


def test_a_file_without_its_vintage_asks_for_it_and_goes_on(
    writer, make, login, django_capture_on_commit_callbacks
) -> None:
    head = make.organisation("Réseau")
    client = login(make.member(head))
    communes = "TYPECOM,COM,REG,DEP,ARR,LIBELLE,COMPARENT\nCOM,01001,84,01,012,L’Abergement,\n"
    with django_capture_on_commit_callbacks(execute=True):
        send(client, "insee_cog", communes, head)
    started = Import.objects.get()
    assert started.state == "failed" and "millésime" in started.message
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("opendata:resume", args=[started.pk]), {"vintage": "COG 2026"})
    started.refresh_from_db()
    assert (started.state, started.vintage) == ("ready", "COG 2026")


def test_only_an_import_that_gives_no_sign_may_be_resumed(writer) -> None:
    started = begun(writer, ZONES)
    with pytest.raises(ValidationError, match="avance encore"):
        services.resume(started)
    started.touched_at -= timedelta(minutes=10)
    assert services.resume(started).state == "waiting"


def test_an_error_of_the_software_is_said_and_nothing_is_kept(writer, monkeypatch) -> None:
    started = begun(writer, ZONES)
    monkeypatch.setattr(store, "write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.bring_in_background(started.pk)
    started.refresh_from_db()
    assert started.state == "failed" and "erreur du logiciel" in started.message


def test_a_network_never_sees_another_s_data(make, login, writer, tmp_path) -> None:
    mine = kept(writer, tmp_path, "insee_chomage_ze", ZONES, organisation=make.organisation("Réseau"))
    stranger = make.organisation("Ailleurs")
    assert sources.measures_for(make.programme(head=stranger), "ze") == {}
    assert set(sources.measures_for(make.programme(head=mine.organisation), "ze")) == {"chomage_ze_2024_t4"}


def test_a_vintage_taken_away_takes_its_files(writer, tmp_path, django_capture_on_commit_callbacks) -> None:
    vintage = kept(writer, tmp_path, "insee_chomage_ze", ZONES)
    folder = vintage.path
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_vintage(vintage)
    assert not folder.exists()


# --- addresses ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[str]:
    with serving(ZONES.encode()) as address:
        yield f"{address}/chomage.csv"


def test_an_address_is_downloaded_and_remembered(writer, server, settings) -> None:
    settings.OPENDATA_PRIVATE_ADDRESSES = True
    started = bringing.bring(bringing.begin("insee_chomage_ze", None, writer, address=server))
    assert started.received == len(ZONES.encode())
    assert services.confirm(started).address == server


def test_a_private_address_is_refused(writer, server) -> None:
    started = bringing.begin("insee_chomage_ze", None, writer, address=server)
    with pytest.raises(bringing.Refused, match="permis"):
        bringing.bring(started)


# --- in studies --------------------------------------------------------------------------------------------------


def test_a_zone_s_rate_reaches_communes_and_epci_and_is_marked(writer, make, tmp_path) -> None:
    kept(writer, tmp_path, "insee_chomage_ze", ZONES)
    programme = make.programme()
    assert "chomage_ze_2024_t4" not in sources.measures_for(programme, "commune")
    kept(writer, tmp_path, "insee_ze", COMPOSITION, name="ZE2020_au_01-01-2026.csv")
    table = sources.table_for(programme, "commune", ["chomage_ze_2024_t4"])
    values = dict(zip(table.codes, table.column("chomage_ze_2024_t4").values.tolist(), strict=True))
    assert values["01001"] == 5.0 and values["61001"] == 7.3
    assert table.carried_down("chomage_ze_2024_t4")


def test_zones_d_emploi_are_a_unit_once_their_composition_is_there(writer, make, tmp_path) -> None:
    kept(writer, tmp_path, "insee_ze", COMPOSITION, name="ZE2020_au_01-01-2026.csv")
    table = sources.table_for(make.programme(), "ze", ["population"])
    assert (table.codes, table.names) == (("0051", "8405"), ("Alençon", "Annecy"))
    assert table.departments == {"0051": "61", "8405": "01"}


def test_quartiers_are_a_unit_with_what_is_known_of_their_communes(writer, make, tmp_path) -> None:
    kept(writer, tmp_path, "anct_qpv", QUARTERS)
    programme = make.programme()
    measures = sources.measures_for(programme, "qpv")
    assert "rural_share" in measures and "population" not in measures
    table = sources.table_for(programme, "qpv", ["rural_share"])
    assert (
        table.names == ("La Reyssouze (L’Abergement-Clémenciat)", "Perseigne (Alençon)")
        or len(table.names) == 2
    )
    assert table.carried_down("rural_share")


def test_a_study_keeps_where_its_values_come_from_and_is_scoped_by_region(writer, make, tmp_path) -> None:
    vintage = kept(writer, tmp_path, "insee_chomage_ze", ZONES)
    kept(writer, tmp_path, "insee_ze", COMPOSITION, name="ZE2020_au_01-01-2026.csv")
    programme = make.programme()
    criterion = {"key": "c", "indicator": "chomage_ze_2024_t4", "family": "need", "reason": "Besoin."}
    document = {"unit": "ze", "k": 1, "criteria": [criterion], "scope": {"regions": ["84"]}, "samples": 200}
    study = territories.run_study(territories.create_study(programme, "Étude", document, writer))
    assert [row["code"] for row in study.rows()] == ["8405"]
    assert study.inputs["origins"][0] | {"imported": ""} == {
        "key": "chomage_ze_2024_t4", "source": "Insee, Taux de chômage localisés par zone d’emploi",
        "address": "insee_chomage_ze.csv", "vintage": vintage.vintage, "imported": "", "sha256": vintage.sha256,
        "licence": vintage.licence,
    }  # fmt: skip


def test_outlines_imported_make_a_map_of_zones(writer, make, tmp_path) -> None:
    ring = [[0.0, 45.0], [1.0, 45.0], [1.0, 46.0], [0.0, 46.0], [0.0, 45.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"code": "8405", "nom": "Annecy"}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    programme = make.programme()
    assert sources.outlines_for(programme, "ze") is None
    kept(writer, tmp_path, "insee_ze_contours", text, name="ze.geojson")
    outlines = sources.outlines_for(programme, "ze")
    assert outlines is not None and set(outlines.paths) == {"8405"}

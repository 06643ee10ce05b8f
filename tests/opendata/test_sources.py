"""One behaviour a trap of each official format, on small files in the official layouts."""

import gzip
import io
import json
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
import xlsxwriter

from essaim.opendata import (
    anct_programmes,
    anct_qpv,
    cnaf,
    dares_defm,
    data_inclusion,
    finess,
    insee_cog,
    insee_filosofi,
    insee_ze,
    rome,
    sirene,
)
from essaim.opendata.dataset import fold_arrondissements
from essaim.opendata.safety import UnsafeFile
from essaim.opendata.schema import TableError
from essaim.opendata.sources import SOURCES, UnknownSource, read_source, source

DARES = (
    "\ufeffDate;Code région;Région;Code département;Département;Code commune;Commune;Type de données;Catégorie;"
    "Sexe;Tranche d'âge;Nombre de demandeurs d'emploi\n"
)


@pytest.fixture
def put(tmp_path: Path):  # type: ignore[no-untyped-def]
    """``put(name, content)`` writes a file and gives its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def book(sheets: dict[str, list[list[object]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        for name, rows in sheets.items():
            page = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
    return buffer.getvalue()


# --- INSEE -------------------------------------------------------------------------------------------------


def test_cog_keeps_types_apart_and_gives_zeros_back(put) -> None:  # type: ignore[no-untyped-def]
    path = put(
        "v_commune_2026.csv",
        '"TYPECOM","COM","REG","DEP","CTCD","ARR","TNCC","NCC","NCCENR","LIBELLE","CAN","COMPARENT"\n'
        'COM,1001,84,1,01D,012,5,A,A,"L\'Abergement",0108,\nCOMD,01015,,,,,0,B,B,Arbignieu,,01015\n'
        "COM,2A004,94,2A,20R,2A1,0,C,C,Ajaccio,2A99,\nARM,75101,,,,,0,D,D,Paris 1er,,75056\n",
    )
    data = insee_cog.read_communes(path).require()
    assert data.vintage == "COG 2026"
    assert data.frame.select("type", "code", "departement").rows() == [
        ("COM", "01001", "01"), ("COMD", "01015", "01"), ("COM", "2A004", "2A"), ("ARM", "75101", "75"),
    ]  # fmt: skip


def test_cog_with_a_renamed_header_names_the_missing_column(put) -> None:  # type: ignore[no-untyped-def]
    path = put(
        "v_commune_2026.csv", "TYPECOM,CODE_COMMUNE_2026,REG,DEP,LIBELLE,COMPARENT\nCOM,01001,84,01,X,\n"
    )
    with pytest.raises(TableError, match="« code » manque"):
        insee_cog.read_communes(path).require()


def test_ze_composition_skips_titles_and_reads_its_vintage(put) -> None:  # type: ignore[no-untyped-def]
    rows: list[list[object]] = [
        ["Zones d'emploi 2020"],
        ["Composition communale"],
        ["Géographie au 01/01/2023"],
        ["@Insee"],
    ]
    labels: list[list[object]] = [
        ["Code géographique communal", "Libellé", "Zone d'emploi 2020", "Libellé zone"]
    ]
    codes: list[list[object]] = [
        ["CODGEO", "LIBGEO", "ZE2020", "LIBZE2020"],
        ["61001", "Alençon", "0051", "Alençon"],
    ]
    path = put(
        "ZE2020.xlsx",
        book({"ZE2020": [["ZE2020", "NB_COM"]], "Composition_communale": rows + labels + codes}),
    )
    data = insee_ze.read_composition(path).require()
    assert (
        data.frame.select("code", "ze").rows() == [("61001", "0051")] and data.vintage == "ZE2020, COG 2023"
    )


def test_ze_unemployment_becomes_one_row_a_quarter(put) -> None:  # type: ignore[no-untyped-def]
    rows: list[list[object]] = [
        ["Taux"],
        ["ZE2020", "LIBZE2020", "REG", "2024-T1", "2024-T2"],
        [51, "Alençon", "00", 7.0, ""],
    ]
    data = insee_ze.read_unemployment(put("chomage.xlsx", book({"txcho_ze": rows}))).require()
    assert data.frame.select("code", "period", "value").rows() == [
        ("0051", "2024-T1", 7.0),
        ("0051", "2024-T2", None),
    ]


def test_a_workbook_inside_a_zip_is_found(put) -> None:  # type: ignore[no-untyped-def]
    buffer = io.BytesIO()
    rows: list[list[object]] = [["CODGEO", "LIBGEO", "ZE2020", "LIBZE2020"], ["01001", "A", "8405", "Bourg"]]
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("lisez-moi.txt", "x")
        archive.writestr("ZE2020_au_01-01-2025.xlsx", book({"Composition_communale": rows}))
    assert insee_ze.read_composition(put("ZE2020_au_01-01-2025.zip", buffer.getvalue())).frame.height == 1


def test_filosofi_secrets_are_null_and_the_year_is_in_the_headers(put) -> None:  # type: ignore[no-untyped-def]
    path = put("cc_filosofi_2021_COM.csv", "CODGEO;MED21;TP6021;D121\n01001;25820;s;1\n01002;24 480,5;;2\n")
    data = insee_filosofi.read(path).require()
    assert data.vintage == "Filosofi 2021"
    assert data.frame["median_income"].to_list() == [25_820.0, 24_480.5]
    assert data.frame["poverty_rate_60"].to_list() == [None, None]


def test_filosofi_of_two_years_is_refused(put) -> None:  # type: ignore[no-untyped-def]
    data = insee_filosofi.read(put("a_COM.csv", "CODGEO;TP6019;TP6021\n01001;1;2\n"))
    with pytest.raises(TableError, match="plusieurs années"):
        data.require()


# --- Dares, CNAF -------------------------------------------------------------------------------------------


def dares_row(code: str, value: str, period: str = "2024-T4") -> str:
    return f"{period};84;R;69;D;{code};C;Brutes;ABC;Total;Total;{value}\n"


def test_a_city_given_twice_is_counted_once(put) -> None:  # type: ignore[no-untyped-def]
    rows = (
        dares_row("69123", "100")
        + dares_row("69381", "40")
        + dares_row("69382", "60")
        + dares_row("Total", "999")
    )
    data = dares_defm.read(put("d.csv", DARES + rows)).require()
    assert data.frame.select("code", "value").rows() == [("69123", 100)] and data.report.ignored == 3


def test_arrondissements_alone_make_their_city(put) -> None:  # type: ignore[no-untyped-def]
    data = dares_defm.read(
        put("d.csv", DARES + dares_row("69381", "40") + dares_row("69382", "60"))
    ).require()
    assert data.frame.select("code", "value").rows() == [("69123", 100)]


def test_a_sum_with_an_absent_term_is_absent() -> None:
    parts = pl.DataFrame({"code": ["69381", "69382"], "value": [40, None]})
    assert fold_arrondissements(parts, (), ("value",))[0].rows() == [("69123", None)]


def test_a_secret_count_keeps_its_reason(put) -> None:  # type: ignore[no-untyped-def]
    data = dares_defm.read(put("d.csv", DARES + dares_row("01001", "s"))).require()
    assert data.frame.select("value", "value_reason").rows() == [(None, "secret statistique")]


def test_a_bad_official_row_is_told_with_row_and_column(put) -> None:  # type: ignore[no-untyped-def]
    data = dares_defm.read(put("d.csv", DARES + dares_row("01001", "5") + dares_row("0100X", "beaucoup")))
    assert [(p.row, p.column) for p in data.report.problems] == [(3, "code"), (3, "value")]
    assert data.frame.height == 1


def test_a_repeated_official_row_names_the_first(put) -> None:  # type: ignore[no-untyped-def]
    data = dares_defm.read(put("d.csv", DARES + dares_row("01001", "5") + dares_row("01001", "5")))
    assert "répète la ligne 2" in str(data.report.problems[0]) and data.frame.height == 1


def test_a_row_with_too_many_cells_is_located(put) -> None:  # type: ignore[no-untyped-def]
    good = "".join(dares_row(f"{code:05}", "5") for code in range(1001, 1071))
    data = dares_defm.read(put("d.csv", DARES + good + dares_row("01071", "5;6;7;8")))
    assert [p.row for p in data.report.problems] == [72] and data.frame.height == 70


def test_a_quote_never_closed_in_an_official_file_is_refused(put) -> None:  # type: ignore[no-untyped-def]
    data = dares_defm.read(
        put("d.csv", DARES + dares_row("01001", "5") + '2024-T4;"84;R\n' + dares_row("01002", "5") * 9)
    )
    assert not data.report.ok and not data.frame["code"].is_in(["01002"]).any()


def test_a_cut_download_is_told(put) -> None:  # type: ignore[no-untyped-def]
    data = dares_defm.read(put("d.csv", DARES + dares_row("01001", "5") + "2024-T4;84;R"))
    assert [p.row for p in data.report.problems][:1] == [3]


def test_a_cp1252_copy_reads_the_same(put) -> None:  # type: ignore[no-untyped-def]
    text = DARES.removeprefix("\ufeff") + dares_row("01001", "5")
    data = dares_defm.read(put("d.csv", text.encode("cp1252"))).require()
    assert data.report.encoding == "cp1252" and data.frame.height == 1


def test_cnaf_rows_without_commune_are_left_out_and_counted(put) -> None:  # type: ignore[no-untyped-def]
    text = "\ufeffdtreffre;numcomdo;nomcom;indfoy_rsa;indmtt_rsa;indfoy_ppa;indmtt_ppa\n"
    data = cnaf.read(
        put("c.csv", text + "2024-12;2A006;ALATA;30;15100;150;29800\n2024-12;;;6500;1;2;3\n")
    ).require()
    assert data.frame.height == 1 and data.report.ignored == 1 and data.vintage == "2024-12"


# --- ANCT --------------------------------------------------------------------------------------------------


def test_qpv_list_with_lost_zeros_and_trailing_columns(put) -> None:  # type: ignore[no-untyped-def]
    text = "\ufeffcode_qp;lib_qp;insee_reg;insee_com;lib_com;;;\nQN00101M;Reyssouze;84;1053;Bourg;;;\n"
    data = anct_qpv.read_list(put("listeqp2024-cog2024.csv", text)).require()
    assert data.frame["communes"].to_list() == [["01053"]] and data.vintage == "QPV 2024"


def contour(code: str, kind: str = "Polygon") -> dict[str, object]:
    ring = [[[5.0, 46.0], [5.1, 46.0], [5.1, 46.1], [5.0, 46.0]]]
    properties = {"code_qp": code, "lib_qp": "Q", "insee_com": "30051, 30132"}
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": ring}}


def test_qpv_contours_zipped_with_a_bad_and_a_repeated_one(put) -> None:  # type: ignore[no-untyped-def]
    features = [contour("QN00101M"), contour("QN00101M"), contour("?"), contour("QN00102M", "Point")]
    content = gzip.compress(json.dumps({"type": "FeatureCollection", "features": features}).encode())
    data = anct_qpv.read_contours(put("qp.geojson.gz", content))
    assert data.frame["communes"].to_list() == [["30051", "30132"]]
    assert [p.row for p in data.report.problems] == [2, 3, 4]


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"{rubbish", b"\x1f\x8b rubbish", b"[" * 5_000])
def test_what_is_not_contours_is_refused(put, content: bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnsafeFile):
        anct_qpv.read_contours(put("qp.geojson", content))


def test_contours_in_metres_are_refused(put) -> None:  # type: ignore[no-untyped-def]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    document = {"type": "FeatureCollection", "crs": crs, "features": [contour("QN00101M")]}
    with pytest.raises(UnsafeFile, match="2154"):
        anct_qpv.read_contours(put("qp.geojson", json.dumps(document).encode()))


def test_programmes_tell_planned_signatures(put) -> None:  # type: ignore[no-untyped-def]
    text = "insee_com;lib_com;id_pvd;lib_pvd;date_signature\n1004;A;pvd-01;A;28/09/2018\n"
    text += "2A004;B;pvd-02;B;01/06/2027\n01007;C;pvd-03;C;\n"
    data = anct_programmes.read(put("liste-pvd-com2025-20250704.csv", text), today=date(2026, 1, 1)).require()
    assert data.frame["planned"].to_list() == [False, True, None] and data.vintage == "PVD COG 2025"


# --- data.inclusion, FINESS, ROME, SIRENE --------------------------------------------------------------------

STRUCTURE = {
    "id": ["a", "b"], "siret": ["13002526500013", None], "nom": ["Un", "Deux"], "code_insee": ["01001", None],
    "longitude": [5.1, 0.0], "latitude": [46.1, 0.0], "date_maj": [date(2026, 1, 5), date(2026, 1, 6)],
    "source": ["dora", "dora"], "reseaux_porteurs": [["ccas-cias", "mission-locale"], None],
}  # fmt: skip


def test_structures_from_parquet_with_lists_and_points(tmp_path: Path) -> None:
    path = tmp_path / "structures-inclusion-2026-01-05.parquet"
    pl.DataFrame(STRUCTURE).write_parquet(path)
    data = data_inclusion.read_structures(path).require()
    assert data.frame["networks"].to_list() == [["ccas-cias", "mission-locale"], None]
    assert data.frame["lon"].to_list() == [5.1, None] and data.vintage == "2026-01-05"
    assert any("v1" in note for note in data.notes)


@pytest.mark.parametrize("written", ["['a', 'b']", "['a' 'b']", '["a", "b"]', "{a,b}"])
def test_services_from_csv_with_lists_in_text(put, written: str) -> None:  # type: ignore[no-untyped-def]
    quoted = written.replace('"', '""')
    text = "id,structure_id,source,nom,type,thematiques,code_insee,longitude,latitude,date_maj\n"
    text += f's,a,dora,"- Aide (=>)",atelier,"{quoted}",01001,5.1,46.1,2026-01-05\n'
    data = data_inclusion.read_services(put("services-inclusion-2026-01-05.csv", text)).require()
    assert data.frame["themes"].to_list() == [["a", "b"]] and data.frame["kind"].to_list() == [["atelier"]]


def test_schema_v0_is_read_and_said(put) -> None:  # type: ignore[no-untyped-def]
    text = "id,siret,nom,code_insee,longitude,latitude,date_maj,source,typologie,antenne,thematiques\n"
    text += "x,,Nom,01001,5,46,2024-01-01,s,CCAS,False,['numerique']\n"
    data = data_inclusion.read_structures(put("structures.csv", text)).require()
    assert any("v0" in note for note in data.notes) and data.frame["themes"].to_list() == [["numerique"]]


def test_schema_v0_in_parquet_is_read_and_personal_contacts_are_not(tmp_path: Path) -> None:
    path = tmp_path / "services-inclusion-2024-03-04.parquet"
    rows = {
        "id": ["s"], "structure_id": ["a"], "source": ["dora"], "nom": ["Aide"], "types": [["atelier", "aide"]],
        "thematiques": [["numerique"]], "profils": [["femmes"]], "code_insee": ["01001"], "longitude": [5.1],
        "latitude": [46.1], "date_maj": [date(2024, 3, 1)], "date_suspension": [None],
        "courriel": ["personne@exemple.test"], "contact_nom_prenom": ["Une Personne"],
    }  # fmt: skip
    pl.DataFrame(rows).write_parquet(path)
    data = data_inclusion.read_services(path).require()
    assert any("v0" in note for note in data.notes) and data.frame["kind"].to_list() == [["atelier", "aide"]]
    assert not [column for column in data.frame.columns if "courriel" in column or "contact" in column]


def test_rome_is_read_with_its_misspelt_header(put) -> None:  # type: ignore[no-untyped-def]
    domains = "code_rome,code_grand_domaine,libelle_grand_domaine,"
    domains += "code_domaine_professionel,libelle_domaine_professionel"
    files = {
        "referentiel_code_rome": 'code_rome,libelle_rome\n"A1101","Conduite d’engins"\n',
        "referentiel_appellation": "code_ogr,libelle_appellation_long,code_rome\n11987,Chauffeur,A1101\n",
        "referentiel_competence": "code_ogr,nature,libelle_competence\n1,Savoir,Mécanique\n",
        "liens_rome_referentiels": "code_rome,code_compo_bloc,code_rubrique,code_ogr\nA1101,1,2,1\n",
        "rubrique_mobilite": "code_rome,code_rome_cible,numero_ordre\nA1101,A1201,1\n",
        "cr_gd_dp": f"{domains}\nA1101,A,Agriculture,A11,Engins\n",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"unix_{name}_v461_utf8.csv", text)
    data = rome.read(put("rome.zip", buffer.getvalue())).require()
    assert data.vintage == "ROME 4.0 v461" and data.tables["domains"]["domain_code"].to_list() == ["A11"]


def test_outlines_of_zones_give_lost_zeros_back(put) -> None:  # type: ignore[no-untyped-def]
    shapes = ([[0, 45], [1, 45], [1, 46], [0, 45]], [[0, 45]])
    features = [
        {"properties": {"ZE2020": 51}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for ring in shapes
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    data = insee_ze.read_contours(put("ze.geojson", text))
    assert data.frame["code"].to_list() == ["0051"]
    assert [problem.row for problem in data.report.problems] == [2]


def test_a_broken_parquet_is_told(put) -> None:  # type: ignore[no-untyped-def]
    data = data_inclusion.read_structures(put("s.parquet", b"PAR1" + b"rubbish" * 50 + b"PAR1"))
    assert "Parquet" in str(data.report.problems[0])


def finess_line(finess: str, department: str, commune: str, **more: str) -> str:
    values = dict.fromkeys(finess_fields(), "") | {
        "section": "structureet",
        "nofinesset": finess,
        "rs": "CSAPA",
    }
    values |= {
        "departement": department,
        "commune": commune,
        "categetab": "197",
        "dateouv": "2001-02-03",
        **more,
    }
    return ";".join(values.values()) + "\n"


def finess_fields() -> tuple[str, ...]:
    return finess.FIELDS


def test_finess_builds_insee_codes_and_reads_points(put) -> None:  # type: ignore[no-untyped-def]
    text = (
        "finess;etalab;93;2026-01-08\n"
        + finess_line("10000024", "01", "053")
        + finess_line("970000001", "9D", "411")
    )
    text += (
        finess_line("2A0000001", "2A", "004") + "geolocalisation;010000024;871234.5;6570000.1;x;2026-01-08\n"
    )
    data = finess.read(put("etalab-cs1100507.csv", text)).require()
    assert data.frame.select("finess", "code").rows() == [
        ("010000024", "01053"), ("970000001", "97411"), ("2A0000001", "2A004"),
    ]  # fmt: skip
    assert (
        data.tables["points"].rows() == [("010000024", 871234.5, 6570000.1)] and data.vintage == "2026-01-08"
    )


def test_finess_in_either_encoding(put) -> None:  # type: ignore[no-untyped-def]
    text = "finess;etalab;93;2026-01-08\n" + finess_line("010000024", "01", "053", rs="Éveil")
    names = [
        finess.read(put("f.csv", text.encode(code))).frame["name"].item() for code in ("utf-8", "cp1252")
    ]
    assert names == ["Éveil", "Éveil"]


def test_finess_tells_torn_and_repeated_lines(put) -> None:  # type: ignore[no-untyped-def]
    line = finess_line("010000024", "01", "053")
    data = finess.read(put("f.csv", "finess;etalab;93;2026-01-08\n" + line + line + "structureet;0100\n"))
    assert [p.row for p in data.report.problems] == [3, 4] and data.frame.height == 1


def test_another_file_is_not_finess(put) -> None:  # type: ignore[no-untyped-def]
    data = finess.read(put("f.csv", "a;b\n1;2\n"))
    assert data.report.problems[0].row == 1 and not data.report.ok


def test_an_archive_without_the_rome_is_refused(put) -> None:  # type: ignore[no-untyped-def]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("autre.csv", "a")
    assert "autre.csv" in str(rome.read(put("r.zip", buffer.getvalue())).report.problems[0])


def stock(path: Path, **changes: str) -> Path:
    columns = {
        "siret": "printf('%014d', i)", "etatAdministratifEtablissement": "CASE WHEN i % 4 = 0 THEN 'F' ELSE 'A' END",
        "codeCommuneEtablissement": "CASE WHEN i % 2 = 0 THEN '01001' ELSE '2A004' END",
        "activitePrincipaleEtablissement": "CASE WHEN i % 5 = 0 THEN '78.30Z' ELSE '88.99A' END",
        "trancheEffectifsEtablissement": "CASE WHEN i % 10 = 0 THEN '11' ELSE 'NN' END",
        "enseigne1Etablissement": "'[ND]'", "denominationUsuelleEtablissement": "'Nom'", **changes,
    }  # fmt: skip
    select = ", ".join(f"{value} AS {name}" for name, value in columns.items() if value)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {select} FROM range(1, 101) t(i)) TO '{path}' (FORMAT parquet)")
    return path


def test_sirene_counts_active_establishments(tmp_path: Path) -> None:
    data = sirene.read(stock(tmp_path / "StockEtablissement.parquet")).require()
    assert data.frame["establishments"].sum() == 75
    inclusion = data.frame.filter(pl.col("code") == "2A004", pl.col("naf") == "78.30Z")
    assert inclusion["establishments"].item() == 10
    # 10, 30, 50, 70, 90 are even, hence in 01001, and not multiples of 4.
    assert data.frame.filter(pl.col("code") == "01001")["employers"].sum() == 5


def test_sirene_lists_establishments_of_an_activity(tmp_path: Path) -> None:
    data = sirene.establishments(stock(tmp_path / "s.parquet"), ["78.30"], ["2A004"]).require()
    assert data.frame.height == 10 and set(data.frame["name"]) == {"Nom"}


def test_sirene_without_a_column_is_refused(tmp_path: Path) -> None:
    data = sirene.read(stock(tmp_path / "s.parquet", activitePrincipaleEtablissement=""))
    assert "activitePrincipaleEtablissement" in str(data.report.problems[0])


def test_sirene_that_is_rubbish_is_refused(put) -> None:  # type: ignore[no-untyped-def]
    assert not sirene.read(put("s.parquet", b"PAR1 rubbish")).report.ok


def test_an_activity_that_is_not_a_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="NAF"):
        sirene.establishments(tmp_path / "s.parquet", ["'; DROP"])


# --- the registry ------------------------------------------------------------------------------------------


def test_every_source_is_described() -> None:
    for code, item in SOURCES.items():
        assert item.code == code and item.title and item.producer and item.licence and item.vintage_rule
        assert item.landing.startswith("https://")


def test_an_unknown_source_lists_the_known_ones() -> None:
    with pytest.raises(UnknownSource, match="dares_defm"):
        source("inconnue")


def test_provenance_is_kept(put) -> None:  # type: ignore[no-untyped-def]
    path = put("d.csv", DARES + dares_row("01001", "5"))
    kept = read_source("dares_defm", path, address="https://exemple.fr/d.csv").provenance
    assert (kept.source, kept.vintage, kept.address) == ("dares_defm", "2024-T4", "https://exemple.fr/d.csv")
    assert (
        len(kept.sha256) == 64 and kept.licence == "Licence Ouverte 2.0" and kept.imported.tzinfo is not None
    )


@pytest.mark.parametrize("code", sorted(SOURCES))
@pytest.mark.parametrize(
    "rubbish",
    [b"", b"\x00\x01\x02", b"PK\x03\x04rubbish", b"PAR1", b"a;b\n1;2\n", b"%PDF-1.4", b"\x89" * 500],
)
def test_every_source_refuses_rubbish_in_words(put, code: str, rubbish: bytes) -> None:  # type: ignore[no-untyped-def]
    data = read_source(code, put("rubbish.bin", rubbish)).dataset
    assert not data.report.ok and data.report.problems[0].mend

"""Import of national files: job-seekers (2,000,000 rows), data.inclusion services (300,000, CSV and Parquet) and
SIRENE establishments (10,000,000), time and memory.

All files are GENERATED here in the published layouts (see essaim.opendata.dares_defm, data_inclusion, sirene): the
content is drawn at random, the volume is that of the real ones (a quarter for SIRENE). Each import runs in a process
of its own, whose peak memory is measured; the result is compared with what was generated before any time is printed.
The peer is pandas.read_csv with the same typing asked of it, when pandas is installed; for SIRENE, whose result is
asserted against polars, there is none.

    python bench/opendata_import.py [--quick]
"""

from __future__ import annotations

import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from essaim.territory.codes import communes

SEXES = ("Total", "Femmes", "Hommes")
AGES = ("Total", "Moins de 25 ans", "De 25 à 49 ans", "50 ans et plus")
CUTS = [("Total", age) for age in AGES] + [(sex, "Total") for sex in SEXES[1:]]


def write_job_seekers(path: Path, rows: int) -> dict[str, int]:
    draw, codes, total, written = random.Random(1), [c for c in communes() if c[:2] < "97"], 0, 0
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        out = csv.writer(stream, delimiter=";")
        out.writerow(
            ["Date", "Code région", "Région", "Code département", "Département", "Code commune", "Commune",
             "Type de données", "Catégorie", "Sexe", "Tranche d'âge", "Nombre de demandeurs d'emploi"]
        )  # fmt: skip
        for year in range(2015, 2025):
            for code in codes:
                for sex, age in CUTS:
                    if written == rows:
                        return {"rows": written, "total": total}
                    value = 5 * draw.randrange(0, 2000)
                    place = ["84", "Région", code[:2], "Département", code, communes()[code].name]
                    out.writerow([f"{year}-T4", *place, "Brutes", "ABC", sex, age, value])
                    total += value
                    written += 1
    return {"rows": written, "total": total}


def write_services(path: Path, rows: int) -> dict[str, int]:
    draw, places = (
        random.Random(2),
        [c for c in communes().values() if c.lon is not None and c.lat is not None],
    )
    themes = [f"theme-{i}--sous-theme-{j}" for i in range(15) for j in range(12)]
    themed = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(
            ["id", "structure_id", "source", "nom", "description", "type", "thematiques", "frais", "publics", "commune",
             "code_postal", "code_insee", "adresse", "longitude", "latitude", "date_maj", "modes_accueil",
             "volume_horaire_hebdomadaire", "nombre_semaines", "score_qualite"]
        )  # fmt: skip
        for number in range(rows):
            place = places[draw.randrange(len(places))]
            chosen = draw.sample(themes, draw.randrange(1, 4))
            themed += len(chosen)
            day = date(2023, 1, 1) + timedelta(days=draw.randrange(1000))
            out.writerow(
                [f"source--service-{number}", f"source--structure-{number // 3}", "source", f"Service {number}",
                 "Accompagnement des personnes vers l’emploi, le logement et les droits. " * draw.randrange(1, 12),
                 "accompagnement", str(chosen), "gratuit", "['tous-publics']", place.name, "01000", place.code,
                 f"{number % 90} rue de la République", f"{place.lon:.6f}", f"{place.lat:.6f}", day.isoformat(),
                 "['en-presentiel']", "", "", round(draw.random(), 3)]
            )  # fmt: skip
    return {"rows": rows, "total": themed}


def write_services_parquet(path: Path, rows: int) -> dict[str, int]:
    """The same services with lists as Parquet holds them."""
    import polars as pl

    text = path.with_suffix(".tmp")
    expected = write_services(text, rows)
    lists = [
        pl.col(name).str.extract_all(r"[^\[\]', ]+") for name in ("thematiques", "publics", "modes_accueil")
    ]
    pl.scan_csv(text, infer_schema=False).with_columns(lists).sink_parquet(path)
    text.unlink()
    return expected


def write_establishments(path: Path, rows: int) -> dict[str, int]:
    """SIRENE's stock: a fifth of the establishments closed, half without employee; counted again by polars."""
    import duckdb
    import polars as pl

    connection = duckdb.connect()
    connection.execute("CREATE TABLE places (i BIGINT, code VARCHAR)")
    connection.executemany("INSERT INTO places VALUES (?, ?)", list(enumerate(list(communes())[::35])))
    connection.execute(
        f"""COPY (
            SELECT lpad(n::VARCHAR, 14, '0') AS siret, lpad((n // 2)::VARCHAR, 9, '0') AS siren,
                   CASE WHEN hash(n) % 5 = 0 THEN 'F' ELSE 'A' END AS etatAdministratifEtablissement,
                   code AS codeCommuneEtablissement,
                   (10 + hash(n + 7) % 80)::VARCHAR || '.' || (hash(n + 3) % 9 + 11)::VARCHAR || 'Z'
                       AS activitePrincipaleEtablissement,
                   CASE WHEN hash(n + 1) % 2 = 0 THEN 'NN' ELSE '02' END AS trancheEffectifsEtablissement,
                   'ENSEIGNE ' || n AS enseigne1Etablissement, '[ND]' AS denominationUsuelleEtablissement,
                   DATE '2000-01-01' + (n % 9000)::INTEGER AS dateCreationEtablissement
            FROM range({rows}) t(n) JOIN places ON i = n % (SELECT count(*) FROM places)
        ) TO '{path}' (FORMAT PARQUET)"""
    )
    active = pl.scan_parquet(path).filter(pl.col("etatAdministratifEtablissement") == "A")
    counted = active.group_by("codeCommuneEtablissement", "activitePrincipaleEtablissement").len()
    found = counted.select(pl.len(), pl.col("len").sum().alias("total")).collect(engine="streaming").row(0)
    return {"rows": int(found[0]), "total": int(found[1])}


def read_establishments(path: Path) -> dict[str, int]:
    from essaim.opendata import sirene

    frame = sirene.read(path).require().frame
    return {"rows": frame.height, "total": int(frame["establishments"].sum())}


def read_job_seekers(path: Path) -> dict[str, int]:
    from essaim.opendata import dares_defm

    frame = dares_defm.read(path).require().frame
    return {"rows": frame.height, "total": int(frame["value"].sum())}


def read_services(path: Path) -> dict[str, int]:
    from essaim.opendata import data_inclusion

    frame = data_inclusion.read_services(path).require().frame
    return {"rows": frame.height, "total": int(frame["themes"].list.len().sum())}


def pandas_job_seekers(path: Path) -> dict[str, int]:
    import pandas

    frame = pandas.read_csv(path, sep=";", dtype={"Code commune": str})
    frame = frame.drop_duplicates(["Date", "Code commune", "Catégorie", "Sexe", "Tranche d'âge"])
    return {"rows": len(frame), "total": int(frame["Nombre de demandeurs d'emploi"].sum())}


def pandas_services(path: Path) -> dict[str, int]:
    import ast

    import pandas

    frame = pandas.read_csv(path, dtype={"code_insee": str, "code_postal": str}, parse_dates=["date_maj"])
    frame = frame.drop_duplicates("id")
    return {
        "rows": len(frame),
        "total": int(frame["thematiques"].map(lambda text: len(ast.literal_eval(text))).sum()),
    }


READERS: dict[str, Callable[[Path], dict[str, int]]] = {
    f.__name__: f
    for f in (read_job_seekers, read_services, read_establishments, pandas_job_seekers, pandas_services)
}


def child(reader: str, path: str) -> None:
    """One import in this process: its result, seconds and peak memory as JSON."""
    start = time.perf_counter()
    result = READERS[reader](Path(path))
    seconds, cpu = time.perf_counter() - start, time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"result": result, "seconds": seconds, "cpu": cpu, "peak": peak}))


def measure(reader: str, path: Path) -> dict[str, Any] | None:
    command = [sys.executable, __file__, "--child", reader, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        if "No module named 'pandas'" in done.stderr:
            return None
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(quick: bool) -> None:
    scale = 20 if quick else 1
    jobs = (
        ("job-seekers", 2_000_000 // scale, write_job_seekers, "read_job_seekers", "pandas_job_seekers"),
        ("data.inclusion services", 300_000 // scale, write_services, "read_services", "pandas_services"),
        ("data.inclusion, Parquet", 300_000 // scale, write_services_parquet, "read_services", ""),
        ("SIRENE establishments", 10_000_000 // scale, write_establishments, "read_establishments", ""),
    )
    with tempfile.TemporaryDirectory(prefix="essaim-bench-") as folder:
        for name, rows, write, ours, peer in jobs:
            path = Path(folder) / ("data.csv" if peer else "data.parquet")
            expected = write(path, rows)
            print(f"{name}: {rows} generated rows, {path.stat().st_size / 1e6:.0f} MB")
            for reader in filter(None, (ours, peer)):
                found = measure(reader, path)
                if found is None:
                    print("  pandas: not installed")
                    continue
                assert found["result"] == expected, (reader, found["result"], expected)
                times = f"{found['seconds']:.1f} s (processor {found['cpu']:.1f} s)"
                print(f"  {reader}: {times}, peak {found['peak'] / 1e6:.0f} MB")


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(*sys.argv[-2:])
    else:
        main("--quick" in sys.argv)

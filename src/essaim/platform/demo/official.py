"""``essaim demo --data DIR``: the official files found in a folder, brought in for the whole site by their readers."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from essaim.opendata.fetch import hash_file
from essaim.platform.opendata import services as opendata
from essaim.platform.programmes import services as programmes
from essaim.platform.territories import services as territories

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

FILES: Mapping[str, tuple[str, ...]] = {
    # source: names of its file, as producers write them or as people keep them
    "insee_ze": ("ZE2020*.xlsx", "ZE2020*.zip"),
    "insee_ze_contours": ("ze2020*.geojson*",),
    "insee_chomage_ze": ("chomage-zone*.xlsx",),
    "insee_chomage_departement": ("sl_etc_*.xls",),
    "insee_filosofi": ("FILO*_DISP_Pauvres_COM.xlsx",),
    "dares_defm": ("dares_defm_communales*.csv",),
    "cnaf": ("s_ben_com_f*.csv", "cnaf_rsa*.csv"),
    "anct_qpv": ("listeqp*.csv", "qpv_*liste*.csv"),
    "anct_qpv_contours": ("qpv_*contours*.geojson*", "QP2024*.geojson*"),
    "anct_programmes": ("liste-acv*.csv", "liste-pvd*.csv"),
    "data_inclusion_structures": ("structures-inclusion*.parquet", "structures-inclusion*.csv"),
    "data_inclusion_services": ("services-inclusion*.parquet", "services-inclusion*.csv"),
    "finess": ("etalab-cs1100502*.csv", "etalab-cs1100507*.csv"),
    "rome": ("RefRomeCsv*.zip",),
    "sirene": ("StockEtablissement*.parquet",),
}  # fmt: skip

# Lists that people keep, through the import that a network uses: file, programme, and what the form would say.
LISTS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    (
        "esat_finess_liste.csv",
        "fermes-emmaus",
        {
            "label": "ESAT",
            "code": "ET-Commune Code",
            "kind": "count",
            "unit": "établissements",
            "source": "FINESS, liste des ESAT",
            "date": "2025-2026",
            "licence": "Licence Ouverte 2.0",
            "definition": "Établissements et services d’aide par le travail ; une commune absente de la liste n’en "
            "a aucun.",
        },
    ),
)
_NOT_SAID = {"name": "", "value": "", "weight": "", "per": None, "decimals": 0, "simulated": False}


def bring_folder(folder: Path, loader: "User", say: Callable[[str], None]) -> None:
    """Bring every known file of ``folder``: one that is refused is said and left, one already here is not read."""
    for source, patterns in FILES.items():
        for path in _found(folder, patterns):
            if opendata.is_held(source, hash_file(path)):
                continue
            try:
                vintage = opendata.bring_now(source, path, None, loader)
            except (opendata.Refused, ValidationError) as error:
                told = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
                say(f"Laissé de côté : {path.name}. {told}")
            else:
                say(f"Données réelles : {vintage} ({vintage.rows} lignes).")
    for name, slug, declared in LISTS:
        _list(folder / name, slug, declared, loader, say)


def _found(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})


def _list(
    path: Path, slug: str, declared: Mapping[str, Any], loader: "User", say: Callable[[str], None]
) -> None:
    programme = programmes.programme_by_slug(slug)
    if not path.is_file() or programme.indicators.filter(label=declared["label"]).exists():
        return
    upload = territories.keep_upload(programme, path.name, path.read_bytes(), loader)
    try:
        made = territories.make_indicator(upload, {**_NOT_SAID, **declared})
    except ValidationError as error:
        say(f"Laissé de côté : {path.name}. {' '.join(error.messages[:3])}")
    else:
        say(f"Données réelles : {made.label} ({path.name}).")

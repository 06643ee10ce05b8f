"""The registry of the sources that Essaim reads: what each is, who makes it, where, under which licence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import polars as pl

from essaim.opendata import (
    anct_programmes,
    anct_qpv,
    cnaf,
    dares_defm,
    data_inclusion,
    finess,
    insee_chomage_departement,
    insee_cog,
    insee_filosofi,
    insee_ze,
    rome,
    sirene,
)
from essaim.opendata.dataset import Dataset, Level, failed, period_range
from essaim.opendata.frames import BULK
from essaim.opendata.provenance import Provenance, file_provenance
from essaim.opendata.safety import UnsafeFile
from essaim.opendata.schema import Table

LICENCE_OUVERTE = "Licence Ouverte 2.0"
INSEE_REUSE = "Réutilisation libre avec mention de la source Insee"
_DATA_GOUV = "https://www.data.gouv.fr/api/1/datasets/r/"


class UnknownSource(KeyError):
    """No source has this code; the message lists those that exist."""

    def __str__(self) -> str:
        return str(self.args[0])


class Reader(Protocol):
    """Reads a local file; ``name`` is its original name, which often holds the vintage."""

    def __call__(self, path: Path, name: str = "") -> Dataset: ...


@dataclass(frozen=True, slots=True)
class DataSource:
    """One source. ``address``: a stable direct address of the file, empty when its name changes each time.

    ``vintage_rule``: where the vintage is read. ``landing``: the producer's page, for a person. ``key``: columns that
        together name a row of the main table, to compare two imports.
    """

    code: str
    title: str
    producer: str
    landing: str
    licence: str
    level: Level
    vintage_rule: str
    read: Reader
    key: tuple[str, ...]
    address: str = ""


def _read_departements(path: Path, name: str = "") -> Dataset:
    """Unemployment by département as a dataset: ``code``, ``name``, ``region``, ``period``, ``value`` (%)."""
    quarters = insee_chomage_departement.read(str(path), BULK)
    data = quarters.select(
        pl.col("unit").alias("code"),
        "name",
        "region",
        pl.col("time").str.replace("T", "-T").alias("period"),
        pl.col("outcome").alias("value"),
    )
    code = "insee_chomage_departement"
    return Dataset(code, "departement", period_range(data), {code: data}, Table(columns=data.columns))


def _insee(
    code: str, title: str, page: str, level: Level, rule: str, read: Reader, key: tuple[str, ...]
) -> DataSource:
    landing = f"https://www.insee.fr/fr/{page}"
    return DataSource(code, title, "Insee", landing, INSEE_REUSE, level, rule, read, key)


_ALL = (
    _insee("insee_cog", "Code officiel géographique : communes", "information/2560452", "commune",
           "année du nom de fichier v_commune_AAAA.csv", insee_cog.read_communes, ("type", "code", "parent")),
    _insee("insee_mouvements", "Mouvements des communes depuis 1943", "information/2560452", "commune",
           "année du nom de fichier v_mvt_commune_AAAA.csv", insee_cog.read_movements,
           ("kind", "date", "type_before", "before", "type_after", "after")),
    _insee("insee_ze", "Composition communale des zones d’emploi 2020", "information/4652957", "commune",
           "« Géographie au… » dans les lignes de titre", insee_ze.read_composition, ("code",)),
    _insee("insee_ze_contours", "Contours des zones d’emploi 2020 (GeoJSON)", "information/4652957", "ze",
           "découpage 2020", insee_ze.read_contours, ("code",)),
    _insee("insee_chomage_ze", "Taux de chômage localisés par zone d’emploi", "statistiques/1893230", "ze",
           "premier et dernier trimestre des colonnes", insee_ze.read_unemployment, ("code", "period")),
    _insee("insee_chomage_departement", "Taux de chômage localisés par département", "statistiques/2012804",
           "departement", "premier et dernier trimestre des colonnes", _read_departements, ("code", "period")),
    _insee("insee_filosofi", "Filosofi : pauvreté et niveaux de vie", "metadonnees/source/serie/s1172", "commune",
           "année qui termine les noms de colonnes (TP6019)", insee_filosofi.read, ("code",)),
    DataSource("dares_defm", "Inscrits à France Travail par commune", "Dares / France Travail",
               "https://dares.travail-emploi.gouv.fr/donnees/les-inscrits-france-travail-donnees-communales",
               LICENCE_OUVERTE, "commune", "premier et dernier trimestre de la colonne Date",
               dares_defm.read, dares_defm.KEY,
               "https://data.dares.travail-emploi.gouv.fr/api/explore/v2.1/catalog/datasets/"
               "dares_defm_communales-brutes/exports/csv?use_labels=true"),
    DataSource("cnaf", "RSA et prime d’activité par commune", "Cnaf", "https://data.caf.fr", LICENCE_OUVERTE,
               "commune", "premier et dernier mois de la colonne dtreffre", cnaf.read, ("code", "period"),
               "https://data.caf.fr/api/explore/v2.1/catalog/datasets/s_ben_com_f/exports/csv"),
    DataSource("anct_qpv", "Quartiers prioritaires 2024 : liste", "ANCT",
               "https://www.data.gouv.fr/datasets/quartiers-prioritaires-de-la-politique-de-la-ville-qpv",
               LICENCE_OUVERTE, "qpv", "nom de fichier, sinon forme des codes (QN, QP)", anct_qpv.read_list, ("code",)),
    DataSource("anct_qpv_contours", "Quartiers prioritaires 2024 : contours", "ANCT",
               "https://www.data.gouv.fr/datasets/quartiers-prioritaires-de-la-politique-de-la-ville-qpv",
               LICENCE_OUVERTE, "qpv", "nom de fichier, sinon forme des codes", anct_qpv.read_contours, ("code",)),
    DataSource("anct_programmes", "Action cœur de ville, Petites villes de demain, ORT", "ANCT",
               "https://www.data.gouv.fr/organizations/agence-nationale-de-la-cohesion-des-territoires",
               LICENCE_OUVERTE, "commune", "programme et année du nom de fichier (liste-pvd-com2025…)",
               anct_programmes.read, ("code", "programme_id")),
    DataSource("data_inclusion_structures", "data.inclusion : structures", "Plateforme de l’inclusion",
               "https://www.data.gouv.fr/datasets/6233723c2c1e4a54af2f6b2d", LICENCE_OUVERTE, "point",
               "date du nom de fichier", data_inclusion.read_structures, ("id",),
               _DATA_GOUV + "915c05e8-77ea-44f6-9837-0f1eff897a54"),
    DataSource("data_inclusion_services", "data.inclusion : services", "Plateforme de l’inclusion",
               "https://www.data.gouv.fr/datasets/6233723c2c1e4a54af2f6b2d", LICENCE_OUVERTE, "point",
               "date du nom de fichier", data_inclusion.read_services, ("id",),
               _DATA_GOUV + "de4856b8-bb67-4b79-83bd-038e846a1774"),
    DataSource("finess", "FINESS : établissements sanitaires et sociaux", "Agence du numérique en santé",
               "https://www.data.gouv.fr/datasets/finess-extraction-du-fichier-des-etablissements",
               LICENCE_OUVERTE, "point", "date de la première ligne du fichier", finess.read, ("finess",),
               _DATA_GOUV + "98f3161f-79ff-4f16-8f6a-6d571a80fea2"),
    DataSource("rome", "ROME 4.0 : répertoire des métiers", "France Travail",
               "https://www.data.gouv.fr/datasets/repertoire-operationnel-des-metiers-et-des-emplois-rome",
               "Licence Ouverte", "nomenclature", "version des noms de fichiers (_v460_)", rome.read, ("code",),
               "https://api.francetravail.fr/api-nomenclatureemploi/v1/open-data/csv"),
    DataSource("sirene", "Sirene : stock des établissements", "Insee",
               "https://www.data.gouv.fr/datasets/base-sirene-des-entreprises-et-de-leurs-etablissements-siren-siret",
               LICENCE_OUVERTE, "commune", "mois du nom de fichier", sirene.read, ("code", "naf"),
               _DATA_GOUV + "0651fb76-bcf3-4f6a-a38d-bc04fa708576"),
)  # fmt: skip
SOURCES = MappingProxyType({source.code: source for source in _ALL})


def source(code: str) -> DataSource:
    """The source of this code. Raises :class:`UnknownSource`."""
    if code not in SOURCES:
        raise UnknownSource(f"Source inconnue : « {code} ». Sources lues : {', '.join(SOURCES)}.")
    return SOURCES[code]


@dataclass(frozen=True, slots=True)
class Imported:
    """A dataset and where it comes from."""

    dataset: Dataset
    provenance: Provenance


def read_source(
    code: str,
    path: Path,
    *,
    name: str = "",
    address: str = "",
    vintage: str = "",
    imported: datetime | None = None,
    progress: Callable[[str], None] | None = None,
) -> Imported:
    """Read a local file with its source's reader and keep its provenance.

    ``name``: original name of an upload. ``address``: where the file was downloaded. ``vintage``: given by hand when
    the file does not say. ``progress`` hears each step, in French. Problems are in ``dataset.report``; raises
    :class:`UnknownSource`, and ``OSError`` for an unreadable path.
    """
    reader = source(code)
    say = progress or (lambda _: None)
    say("Lecture du fichier")
    try:
        data = reader.read(path, name or path.name)
    except UnsafeFile as error:
        data = failed(code, reader.level, error)
    say("Calcul de l’empreinte")
    provenance = file_provenance(
        path,
        source=code,
        title=reader.title,
        producer=reader.producer,
        licence=reader.licence,
        vintage=vintage or data.vintage,
        address=address or name,
        imported=imported,
    )
    say("Terminé")
    return Imported(data, provenance)

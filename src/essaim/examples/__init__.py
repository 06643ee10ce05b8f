"""Example data: the dated waves of two real French experiments, each line with its legal source."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WaveExample:
    """A table of waves and the window in which its comparison makes sense, with the reason."""

    name: str
    title: str
    file: str
    first: str
    last: str
    reason: str

    @property
    def path(self) -> Path:
        """Where the table is."""
        return Path(str(files(__name__).joinpath(self.file)))


WAVE_EXAMPLES: tuple[WaveExample, ...] = (
    WaveExample(
        "rsa_2007",
        "Revenu de solidarité active expérimental, 2007",
        "vagues_rsa_2007.csv",
        "2005T1",
        "2009T1",
        "le RSA est généralisé à toute la métropole le 1er juin 2009 (loi n° 2008-1249 du 1er décembre "
        "2008) : "
        "après le premier trimestre 2009, plus aucun département ne peut servir de comparaison",
    ),
    WaveExample(
        "garantie_jeunes",
        "Garantie jeunes, 2013-2015",
        "vagues_garantie_jeunes.csv",
        "2011T1",
        "2015T4",
        "une cinquième vague s’ouvre en 2016, puis la Garantie jeunes est généralisée le 1er janvier 2017 "
        "(loi n° 2016-1088 du 8 août 2016) ; ni l’une ni l’autre n’est dans la table : après 2015, des "
        "départements "
        "exposés passeraient pour non exposés",
    ),
)

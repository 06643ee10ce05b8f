"""The 24 teachings of the meeting of 22 March 2022, each linked to the screen that serves it, or « à venir »."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

SCREENS: dict[str, tuple[str, str] | None] = {
    # teaching: (address, programme whose page is shown as the example), or None: to come
    "protocole-plutot-que-modele": ("programmes:protocol", "convergence"),
    "essaimer-c-est-evaluer": ("evaluations:plans", "convergence"),
    "infuser-le-droit-commun": None,
    "mobiliser-toute-l-equipe": ("campaigns:campaigns", "convergence"),
    "les-pairs-convainquent": None,
    "parcours-sequence": ("campaigns:campaigns", "convergence"),
    "des-outils-plutot-qu-une-methode": None,
    "label-co-construit": ("programmes:protocol", "groupements-de-createurs"),
    "animer-la-communaute": ("community:lessons", "convergence"),
    "financer-l-ingenierie": ("sites:sites", "convergence"),
    "choisir-les-territoires": ("territories:studies", "convergence"),
    "faire-greffe": None,
    "fidelite-et-adaptation": ("programmes:adaptation_map", "convergence"),
    "copil-et-equipe-locale": ("sites:sites", "convergence"),
    "ne-pas-concurrencer": None,
    "droit-a-l-erreur": ("community:lessons", "cent-pour-cent-inclusion"),
    "taille-et-rythme": ("campaigns:campaigns", "cites-de-l-emploi"),
    "normalisation": None,
    "reperer-accompagner-evaluer": ("programmes:innovations", ""),
    "maturites-differentes": ("evaluations:plans", "tzcld"),
    "diversite": ("programmes:protocol", "convergence"),
    "moyens-de-l-essaimage": None,
    "engagement-dans-la-duree": ("sites:sites", "convergence"),
    "evaluer-et-capitaliser": ("programmes:proposals", "convergence"),
}


@dataclass(frozen=True, slots=True)
class Taught:
    """One teaching as the page shows it; ``url`` is empty when its screen is to come."""

    number: int
    title: str
    sentence: str
    by: str
    product: str
    url: str


@cache
def _document() -> dict[str, Any]:
    text = (settings.PROGRAMMES_DIR / "teachings.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def teachings() -> list[Taught]:
    """All the teachings, in the order of the source and in the reader’s language."""
    found = []
    for entry in _document()["teachings"]:
        title, sentence, product = entry["title"], entry["sentence"], entry["product"]
        by, address = ", ".join(entry["by"]), _address(SCREENS[entry["slug"]])
        found.append(Taught(entry["number"], _(title), _(sentence), by, _(product), address))
    return found


def _address(screen: tuple[str, str] | None) -> str:
    if screen is None:
        return ""
    name, programme = screen
    return reverse(name, args=[programme] if programme else [])

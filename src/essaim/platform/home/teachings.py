"""The 24 teachings of the meeting of 22 March 2022, each linked to the screen that serves it, or « à venir »."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.programmes.permissions import programmes_where

SCREENS: dict[str, tuple[str, str] | None] = {
    # teaching: (address, programme whose page is shown as the example), or None: to come
    "protocole-plutot-que-modele": ("programmes:protocol", "convergence"),
    "essaimer-c-est-evaluer": ("evaluations:plans", "convergence"),
    "infuser-le-droit-commun": None,
    "mobiliser-toute-l-equipe": ("campaigns:campaigns", "convergence"),
    "les-pairs-convainquent": None,
    "parcours-sequence": ("campaigns:campaigns", "convergence"),
    "des-outils-plutot-qu-une-methode": ("toolbox:tools", "convergence"),
    "label-co-construit": ("programmes:protocol", "groupements-de-createurs"),
    "animer-la-communaute": ("community:lessons", "convergence"),
    "financer-l-ingenierie": ("sites:sites", "convergence"),
    "choisir-les-territoires": ("territories:studies", "convergence"),
    "faire-greffe": ("territories:grafts", "convergence"),
    "fidelite-et-adaptation": ("programmes:adaptation_map", "convergence"),
    "copil-et-equipe-locale": ("sites:sites", "convergence"),
    "ne-pas-concurrencer": ("territories:grafts", "convergence"),
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

NEEDS = {
    # screens of a network's own life: what a person must be allowed to do in a programme to open them
    "campaigns:campaigns": "view_proposals",
    "community:lessons": "view_proposals",
    "evaluations:plans": "view_proposals",
    "programmes:adaptation_map": "view_network",
    "programmes:proposals": "view_proposals",
    "sites:sites": "view_proposals",
    "territories:grafts": "view_proposals",
    "territories:studies": "view_proposals",
    "toolbox:tools": "view_proposals",
}


@dataclass(frozen=True, slots=True)
class Taught:
    """One teaching as the page shows it; ``url`` is empty when its screen is to come or closed to the reader."""

    number: int
    title: str
    sentence: str
    by: str
    product: str
    to_come: bool
    url: str


@cache
def _document() -> dict[str, Any]:
    text = (settings.PROGRAMMES_DIR / "teachings.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def teachings(user: Any) -> list[Taught]:
    """All the teachings, in the order of the source and in the reader’s language, with addresses open to the reader."""
    opened = {action: programmes_where(user, action) for action in set(NEEDS.values())}
    found = []
    for entry in _document()["teachings"]:
        title, sentence, product = entry["title"], entry["sentence"], entry["product"]
        by, screen = ", ".join(entry["by"]), SCREENS[entry["slug"]]
        url = _address(*screen, opened if user.is_authenticated else None) if screen else ""
        found.append(Taught(entry["number"], _(title), _(sentence), by, _(product), screen is None, url))
    return found


def _address(name: str, example: str, opened: dict[str, list[Any]] | None) -> str:
    """The screen in the programme shown as the example, else in one of the reader's own, else nowhere.

    ``opened``: the reader's programmes by action; ``None`` for nobody, whom the login page will ask who they are.
    """
    if opened is None or name not in NEEDS:
        return reverse(name, args=[example] if example else [])
    mine = sorted(programme.slug for programme in opened[NEEDS[name]])
    if not mine:
        return ""
    return reverse(name, args=[example if example in mine else mine[0]])

"""What would describe a person in a table that somebody sends: the headers that are refused, and why.

Names of columns are compared once folded: no case, accent nor punctuation (``essaim.opendata.values.fold``).
"""

import re
from collections.abc import Iterable

from essaim.opendata.values import fold

_SOMEBODY = (
    "(usagere?|beneficiaire|benef|individu|personne|allocataire|salariee?|demandeur|demandeuse|patiente?|eleve|"
    "participante?|adherente?|menage|foyer|agent|client|person|user|individual)"
)
_CALLED = "(id|ident|identifiant|numero|num|no|n|code|nom|ref|reference|matricule|dossier)"
_REFUSED = (
    # who it is
    r"\bprenoms?\b|\bpatronyme\b|\b(first|last|family|full) ?name\b|\bsurname\b",
    r"\bnoms? ?(et|(de |d )?(famille|naissance|usage)|usuel|marital|complet)\b",
    rf"\b{_CALLED}( de la| de l| de| du| d)? ?{_SOMEBODY}\b|^{_SOMEBODY}( id)?$",
    r"\b(nir|nss|ine|matricule)\b|\b(numero|num|no|n)( de)? secu(rite sociale)?\b",
    # how to reach them
    r"\b(e ?mail|mail|courriel|telephone|tel|portable)\b",
    # what they are
    r"(\b|date|annee)naissance\b|\b(nais|ddn|dob|birth ?date|date of birth)\b",
    r"\b(age|sexe|sex|civilite|nationalite|etat civil|situation (familiale|matrimoniale))\b|^(genre|gender)$",
)
_PERSONAL = re.compile("|".join(_REFUSED))
# A figure of a whole territory may speak of persons: « âge moyen », « part des femmes », « taux par sexe ».
_AGGREGATE = re.compile(
    r"\b(moyen(ne)?s?|moy|median(e)?s?|mediane?s?|parts?|taux|nombres?|nb|nbre|effectifs?|totaux|total|somme|indice|"
    r"proportion|pourcentage|pct|ratio|ecart|rapport|par|mean|median|average|share|rate|count)\b"
)


def describing(headers: Iterable[str]) -> str | None:
    """The first header that names a column of persons.

    >>> describing(["Âge moyen", "part des femmes", "Date de naissance"])
    'Date de naissance'
    """
    return next((h for h in headers if _PERSONAL.search(fold(h)) and not _AGGREGATE.search(fold(h))), None)

"""A plain French reading of a result: what it lets us say, with what certainty, and what it cannot say.

The verdict is a visible rule (``verdict``), not a shade of wording: a null result is said as plainly as a
positive one.
"""

from enum import Enum

from essaim.evaluation.estimation import FEW_TREATED
from essaim.evaluation.result import Estimate, Result

#: Share of the spread of the outcome below which an effect is called small (Cohen's convention).
SMALL_EFFECT = 0.2
PRETEST_LEVEL = 0.05
#: Below this many degrees of freedom, an interval rests on a handful of units.
FEW_DF = 4.0


class Verdict(Enum):
    """What can be concluded; the value is the sentence's heading in French."""

    TOO_FEW = "trop peu d’unités pour conclure"
    CONCENTRATED = "vagues concentrées : incertitude sous-estimée"
    FAILED_PRETREND = "comparaison douteuse : les courbes divergeaient déjà avant"
    CLEAR = "un effet se voit"
    PRECISE_NULL = "pas d’effet notable, avec précision"
    IMPRECISE_NULL = "on ne sait pas"


def number(value: float, signed: bool = False, digits: int = 2) -> str:
    """A number as French writes it.

    >>> number(-0.0812), number(0.5, signed=True)
    ('−0,08', '+0,50')
    """
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    return text.replace("-", "−").replace(".", ",")


def headline(result: Result) -> Estimate:
    """The estimate that the reading speaks of: the mean over all exposed units and periods."""
    for kind in ("simple", "group", "event", "calendar"):
        if kind in result.aggregations:
            return result.aggregations[kind].overall
    raise ValueError("no aggregation in the result")


def margin(result: Result, smallest: float | None) -> float:
    """The smallest effect of interest: given by the evaluation plan, or a fifth of the outcome's spread."""
    return smallest if smallest is not None else SMALL_EFFECT * result.facts.outcome_sd


def verdict(result: Result, smallest: float | None = None) -> Verdict:
    """The conclusion, the gravest reservation first."""
    main, facts = headline(result), result.facts
    if facts.treated < FEW_TREATED or not main.conf_low <= main.conf_high or main.df < FEW_DF:
        return Verdict.TOO_FEW
    if facts.concentrated:
        return Verdict.CONCENTRATED
    if result.pretest.p_value is not None and result.pretest.p_value < PRETEST_LEVEL:
        return Verdict.FAILED_PRETREND
    if main.excludes_zero:
        return Verdict.CLEAR
    limit = margin(result, smallest)
    return Verdict.PRECISE_NULL if max(-main.conf_low, main.conf_high) <= limit else Verdict.IMPRECISE_NULL


def read_plainly(result: Result, smallest: float | None = None) -> list[str]:
    """French sentences: what was compared, what was found, what this proves and does not prove."""
    sentences = [
        _compared(result),
        _found(result, smallest),
        _before(result),
        *_over_time(result),
        *_limits(result),
    ]
    if result.facts.simulated:
        sentences.insert(0, "Données simulées : rien de ce qui suit ne parle d’un territoire réel.")
    return sentences


def _compared(result: Result) -> str:
    facts = result.facts
    waves = " ; ".join(f"{size} en {label}" for label, size in facts.waves)
    return (
        f"Comparaison : {_count(facts.treated, 'unité exposée', 'unités exposées')} en "
        f"{_count(len(facts.waves), 'vague', 'vagues')} ({waves}) et "
        f"{_count(facts.never, 'unité non exposée', 'unités non exposées')}, de {facts.first_period} à "
        f"{facts.last_period}."
    )


def _count(number_of: int, one: str, many: str) -> str:
    """
    >>> _count(1, "vague", "vagues"), _count(3, "vague", "vagues")
    ('1 vague', '3 vagues')
    """
    return f"{number_of} {one if number_of < 2 else many}"


def level_name(result: Result) -> str:
    """How to call an interval: by its level, which nobody knows when waves are concentrated."""
    if result.facts.concentrated:
        return "de niveau inconnu"
    return f"à {result.level:.0%}".replace("%", "\u00a0%")


def interval(effect: Estimate, result: Result) -> str:
    """An estimate and its interval, in words."""
    return (
        f"{number(effect.estimate, signed=True)} (intervalle {level_name(result)} : "
        f"{number(effect.conf_low, signed=True)} à {number(effect.conf_high, signed=True)})"
    )


def _found(result: Result, smallest: float | None) -> str:
    """The conclusion in one or two sentences, by verdict."""
    main, limit, found = headline(result), margin(result, smallest), verdict(result, smallest)
    effect = interval(main, result)
    scale = f"la moyenne du résultat est {number(result.facts.outcome_mean)}"
    if found is Verdict.TOO_FEW:
        return (
            f"Trop peu d’unités pour conclure : l’écart mesuré est {number(main.estimate, signed=True)} "
            f"({scale}), mais "
            f"avec {_count(result.facts.treated, 'unité exposée', 'unités exposées')} on ne peut pas en "
            "dire la fiabilité."
        )
    if found is Verdict.CONCENTRATED:
        return (
            f"L’écart mesuré est {effect}, mais les vagues sont concentrées dans peu de régions : un événement "
            "régional peut l’expliquer, et rien ne dit avec quelle certitude l’intervalle contient l’effet. On ne peut "
            "pas conclure."
        )
    if found is Verdict.FAILED_PRETREND:
        return (
            f"L’écart mesuré est {effect}, mais les unités exposées et les autres n’évoluaient déjà pas de "
            "la même façon "
            "avant l’exposition : on ne peut pas attribuer cet écart au dispositif."
        )
    if found is Verdict.CLEAR:
        direction = "hausse" if main.estimate > 0 else "baisse"
        return f"Un effet se voit : après l’exposition, une {direction} moyenne, {effect} ({scale})."
    if found is Verdict.PRECISE_NULL:
        bound = max(-main.conf_low, main.conf_high)
        return (
            f"Pas d’effet notable : l’effet moyen est proche de zéro, {effect}, et la mesure est assez "
            "précise pour "
            f"écarter un effet moyen de plus de {number(bound)} dans un sens ou dans l’autre ({scale} ; "
            "seuil retenu "
            f"pour un effet qui compte : {number(limit)})."
        )
    return (
        f"On ne sait pas : l’effet moyen n’est pas distinct de zéro, {effect}, mais l’intervalle est trop "
        "large pour "
        f"écarter un effet utile (seuil retenu : {number(limit)} ; {scale}). Ne pas voir d’effet n’est pas "
        "montrer "
        "qu’il n’y en a pas."
    )


def _before(result: Result) -> str:
    p_value = result.pretest.p_value
    if p_value is None:
        return (
            "Avant l’exposition : les évolutions n’ont pas pu être comparées ; l’hypothèse de courbes "
            "parallèles repose "
            "sur la seule connaissance du terrain."
        )
    if p_value < PRETEST_LEVEL:
        return (
            "Avant l’exposition, les deux groupes n’évoluaient pas de la même façon (p = "
            f"{number(p_value, digits=3)}) : "
            "l’hypothèse de courbes parallèles ne tient pas."
        )
    return (
        f"Avant l’exposition, aucune divergence n’est décelée (p = {number(p_value, digits=3)}) ; cela rend "
        "la "
        "comparaison plausible sans la prouver, car une petite divergence peut échapper au test."
    )


def _over_time(result: Result) -> list[str]:
    """Whether the band over time since opening leaves zero out anywhere."""
    if "event" not in result.aggregations:
        return []
    after = [(key, e) for key, e in result.aggregations["event"].by if isinstance(key, int) and key >= 0]
    out = [
        key
        for key, e in after
        if e.band_low is not None and e.band_high is not None and (e.band_low > 0 or e.band_high < 0)
    ]
    if not after:
        return []
    if not out:
        return [
            "À maturité égale, aucune période depuis l’ouverture ne s’écarte de zéro une fois tenu compte "
            "du nombre de "
            "périodes regardées ensemble."
        ]
    first = out[0]
    moment = (
        "dès l’ouverture"
        if first == 0
        else f"à partir de {result.calendar.duration(first)} après l’ouverture"
    )
    return [f"À maturité égale, l’écart sort de la marge d’incertitude {moment}."]


def _limits(result: Result) -> list[str]:
    said = []
    if not result.facts.drawn:
        said.append(
            "Les vagues ont été choisies, non tirées au sort : les unités exposées peuvent différer des "
            "autres par ce qui "
            "les a fait choisir, et ce calcul ne peut pas l’exclure."
        )
    said.append(
        "Ce calcul mesure un effet moyen sur le résultat de tout le territoire ; il ne dit rien de l’effet "
        "sur les "
        "personnes accompagnées, ni de ses causes, et un dispositif qui touche peu de monde peut être utile "
        "sans se "
        "voir à cette échelle."
    )
    return said

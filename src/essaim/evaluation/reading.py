"""A plain reading of a result, French first: what it lets us say, with what certainty, and what it cannot say.

The verdict is a visible rule (``verdict``), not a shade of wording: a null result is said as plainly as a
positive one.
"""

from collections.abc import Sequence
from enum import Enum

from essaim.evaluation.account import FEW_TREATED
from essaim.evaluation.result import Estimate, Result
from essaim.words import FRENCH, Words

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


def read_plainly(
    result: Result,
    smallest: float | None = None,
    words: Words = FRENCH,
    doubts: Sequence[str] = (),
) -> list[str]:
    """Sentences, French unless ``words`` says otherwise: what was compared, found, what this proves and does not.

    ``doubts`` are those of the checks (``solidity_reading.doubts``), said with what is known of before opening.
    """
    sentences = [
        _compared(result, words),
        _found(result, smallest, words),
        _before(result, words),
        *doubts,
        *_over_time(result, words),
        *_limits(result, words),
    ]
    if result.facts.simulated:
        said = words.say("Données simulées : rien de ce qui suit ne parle d’un territoire réel.")
        sentences.insert(0, said)
    return sentences


def _compared(result: Result, words: Words) -> str:
    facts = result.facts
    waves = " ; ".join(
        words.say("%(size)s en %(label)s", size=size, label=label) for label, size in facts.waves
    )
    return words.say(
        "Comparaison : %(treated)s en %(count)s (%(waves)s) et %(never)s, de %(first)s à %(last)s.",
        treated=words.count("%(count)s unité exposée", "%(count)s unités exposées", facts.treated),
        count=words.count("%(count)s vague", "%(count)s vagues", len(facts.waves)),
        waves=waves,
        never=words.count("%(count)s unité non exposée", "%(count)s unités non exposées", facts.never),
        first=facts.first_period,
        last=facts.last_period,
    )


def level_name(result: Result, words: Words = FRENCH) -> str:
    """How to call an interval: by its level, which nobody knows when waves are concentrated."""
    if result.facts.concentrated:
        return words.say("de niveau inconnu")
    level = f"{100 * result.level:.6g}".replace(".", words.decimal)
    return words.say("à %(level)s\u00a0%%", level=level)


def interval(effect: Estimate, result: Result, words: Words = FRENCH) -> str:
    """An estimate and its interval, in words."""
    if not effect.conf_low <= effect.conf_high:
        return words.say(
            "%(effect)s (incertitude non définie)", effect=words.number(effect.estimate, signed=True)
        )
    return words.say(
        "%(effect)s (intervalle %(level)s : %(low)s à %(high)s)",
        effect=words.number(effect.estimate, signed=True),
        level=level_name(result, words),
        low=words.number(effect.conf_low, signed=True),
        high=words.number(effect.conf_high, signed=True),
    )


def _found(result: Result, smallest: float | None, words: Words) -> str:
    """The conclusion in one or two sentences, by verdict."""
    main, found = headline(result), verdict(result, smallest)
    effect = interval(main, result, words)
    limit = words.number(margin(result, smallest))
    scale = words.say("la moyenne du résultat est %(mean)s", mean=words.number(result.facts.outcome_mean))
    if main.estimate != main.estimate:
        return words.say("Aucun effet n’est estimable ici : les avertissements disent pourquoi.")
    lone = [label for label, size in result.facts.waves if size == 1]
    if found is Verdict.TOO_FEW and lone and result.facts.treated >= FEW_TREATED and main.se != main.se:
        return words.say(
            "L’écart mesuré est %(gap)s (%(scale)s), mais on ne peut pas en dire la fiabilité : une vague n’a "
            "qu’une unité (%(waves)s), dont rien ne dit combien elle varie d’elle-même. Retirez cette unité du panel, "
            "un site pilote par exemple, pour évaluer les autres.",
            gap=words.number(main.estimate, signed=True),
            scale=scale,
            waves=", ".join(map(str, lone)),
        )
    if found is Verdict.TOO_FEW:
        return words.say(
            "Trop peu d’unités pour conclure : l’écart mesuré est %(gap)s (%(scale)s), mais avec %(treated)s "
            "on ne peut pas en dire la fiabilité.",
            gap=words.number(main.estimate, signed=True),
            scale=scale,
            treated=words.count("%(count)s unité exposée", "%(count)s unités exposées", result.facts.treated),
        )
    if found is Verdict.CONCENTRATED:
        return words.say(
            "L’écart mesuré est %(effect)s, mais les vagues sont concentrées dans peu de régions : un événement "
            "régional peut l’expliquer, et rien ne dit avec quelle certitude l’intervalle contient l’effet. On ne "
            "peut pas conclure.",
            effect=effect,
        )
    if found is Verdict.FAILED_PRETREND:
        return words.say(
            "L’écart mesuré est %(effect)s, mais les unités exposées et les autres n’évoluaient déjà pas de la "
            "même façon avant l’exposition : on ne peut pas attribuer cet écart au dispositif.",
            effect=effect,
        )
    if found is Verdict.CLEAR:
        return _clear(main, effect, scale, words)
    if found is Verdict.PRECISE_NULL:
        return words.say(
            "Pas d’effet notable : l’effet moyen est proche de zéro, %(effect)s, et la mesure est assez "
            "précise pour écarter un effet moyen de plus de %(bound)s dans un sens ou dans l’autre (%(scale)s "
            "; seuil retenu pour un effet qui compte : %(limit)s).",
            effect=effect,
            bound=words.number(max(-main.conf_low, main.conf_high)),
            scale=scale,
            limit=limit,
        )
    return words.say(
        "On ne sait pas : l’effet moyen n’est pas distinct de zéro, %(effect)s, mais l’intervalle est trop "
        "large pour écarter un effet utile (seuil retenu : %(limit)s ; %(scale)s). Ne pas voir d’effet n’est "
        "pas montrer qu’il n’y en a pas.",
        effect=effect,
        limit=limit,
        scale=scale,
    )


def _clear(main: Estimate, effect: str, scale: str, words: Words) -> str:
    if main.estimate > 0:
        return words.say(
            "Un effet se voit : après l’exposition, une hausse moyenne, %(effect)s (%(scale)s).",
            effect=effect,
            scale=scale,
        )
    return words.say(
        "Un effet se voit : après l’exposition, une baisse moyenne, %(effect)s (%(scale)s).",
        effect=effect,
        scale=scale,
    )


def _before(result: Result, words: Words) -> str:
    p_value = result.pretest.p_value
    if p_value is None:
        return words.say(
            "Avant l’exposition : les évolutions n’ont pas pu être comparées ; l’hypothèse de courbes "
            "parallèles repose sur la seule connaissance du terrain."
        )
    p = words.number(p_value, digits=3)
    if p_value < PRETEST_LEVEL:
        return words.say(
            "Avant l’exposition, les deux groupes n’évoluaient pas de la même façon (p = %(p)s) : l’hypothèse "
            "de courbes parallèles ne tient pas.",
            p=p,
        )
    return words.say(
        "Avant l’exposition, aucune divergence n’est décelée (p = %(p)s) ; cela rend la comparaison plausible "
        "sans la prouver, car une petite divergence peut échapper au test.",
        p=p,
    )


def _over_time(result: Result, words: Words) -> list[str]:
    """Whether the band over time since opening leaves zero out anywhere; nothing where there is no band to trust."""
    if "event" not in result.aggregations or result.facts.concentrated:
        return []
    known = [
        (key, e.band_low, e.band_high)
        for key, e in result.aggregations["event"].by
        if isinstance(key, int) and key >= 0 and e.band_low is not None and e.band_high is not None
    ]
    bands = [(key, low, high) for key, low, high in known if low <= high]
    if not bands:
        return []
    out = [key for key, low, high in bands if low > 0 or high < 0]
    if not out:
        return [
            words.say(
                "À maturité égale, aucune période depuis l’ouverture ne s’écarte de zéro une fois tenu compte "
                "du nombre de périodes regardées ensemble."
            )
        ]
    if out[0] == 0:
        return [words.say("À maturité égale, l’écart sort de la marge d’incertitude dès l’ouverture.")]
    kind = result.calendar.kind
    return [
        words.say(
            "À maturité égale, l’écart sort de la marge d’incertitude à partir de %(delay)s après l’ouverture.",
            delay=f"{out[0]} {words.translate(kind.units if out[0] > 1 else kind.unit)}",
        )
    ]


def _limits(result: Result, words: Words) -> list[str]:
    return [
        _waves(result, words),
        words.say(
            "Ce calcul mesure un effet moyen sur le résultat de tout le territoire ; il ne dit rien de l’effet "
            "sur les personnes accompagnées, ni de ses causes, et un dispositif qui touche peu de monde peut "
            "être utile sans se voir à cette échelle."
        ),
    ]


def _waves(result: Result, words: Words) -> str:
    """Whether waves were drawn or chosen, and what the draw, made again, says of the mean effect."""
    if not result.facts.drawn:
        return words.say(
            "Les vagues ont été choisies, non tirées au sort : les unités exposées peuvent différer des "
            "autres par ce qui les a fait choisir, et ce calcul ne peut pas l’exclure."
        )
    p_value = result.provenance.get("p_value")
    if result.provenance.get("inference") != "randomisation" or not isinstance(p_value, float):
        return words.say(
            "Les vagues ont été tirées au sort : rien d’autre que le hasard n’a fixé leur ordre."
        )
    return words.say(
        "Les vagues ont été tirées au sort : rien d’autre que le hasard n’a fixé leur ordre. Le test qui refait ce "
        "tirage donne p = %(p)s : la part des ordres possibles où l’écart moyen serait au moins aussi grand sans "
        "aucun effet.",
        p=words.number(p_value, digits=3),
    )

"""What the checks say, in plain sentences, French unless ``words`` says otherwise, and in rows of numbers."""

from collections.abc import Iterator

from essaim.evaluation.reading import headline, interval
from essaim.evaluation.result import Estimate, Result
from essaim.evaluation.sensitivity import read_sensitivity
from essaim.evaluation.solidity import Solidity
from essaim.words import FRENCH, Words

#: Share of false deployments with an effect above which intervals are said to be too short.
TOO_MANY = 0.10

Row = tuple[str, Estimate]


def read_solidity(found: Solidity, result: Result, words: Words = FRENCH) -> list[str]:
    """Sentences, the most telling first; what was not made comes last, with its reason."""
    said = [
        *_stands(found, result, words),
        *_others(found, result, words),
        *_next_door(found, result, words),
        *_nothing_to_see(found, result, words),
    ]
    if not isinstance(found.two_way, str):
        said.append(
            words.say(
                "À ne pas retenir : une régression ordinaire à deux effets fixes donnerait %(effect)s ; "
                "%(wrong)s\u00a0%% de ce nombre compare des unités à d’autres déjà exposées, ce qui fausse le calcul "
                "quand l’effet change avec le temps.",
                effect=words.number(found.two_way.effect.estimate, True),
                wrong=words.number(100 * found.two_way.share("earlier"), digits=0),
            )
        )
    missing = [
        f"{words.translate(name)} ({words.again(reason).rstrip('.')})" for name, reason in found.not_made
    ]
    if missing:
        said.append(words.say("Non fait : %(checks)s.", checks=" ; ".join(missing)))
    return said


def doubts(found: Solidity | None, result: Result, words: Words = FRENCH) -> list[str]:
    """What the checks say that no conclusion should be read without: an effect seen where nothing had opened."""
    if found is None or isinstance(found.in_time, str) or not found.in_time[0].excludes_zero:
        return []
    return [_false_opening(*found.in_time, result, words)]


def too_large(result: Result, words: Words = FRENCH) -> str:
    """What a report says that leaves the checks out because they would take too long."""
    facts = result.facts
    return words.say(
        "Non fait ici : avec %(units)s unités, %(waves)s vagues et %(periods)s périodes, le calcul serait trop long. "
        "Le script qui rejoue met la conclusion à l’épreuve, et la ligne de commande aussi.",
        units=facts.units,
        waves=len(facts.waves),
        periods=facts.periods,
    )


def _stands(found: Solidity, result: Result, words: Words) -> Iterator[str]:
    if not isinstance(found.sensitivity, str):
        yield from read_sensitivity(found.sensitivity, words)
    if not isinstance(found.power, str):
        half = found.power[0]
        yield words.say(
            "Le test d’avant l’ouverture laisse passer une fois sur deux une dérive en ligne droite de %(slope)s par "
            "%(unit)s ; elle fausserait l’effet moyen de %(bias)s.",
            slope=words.number(half.slope, digits=3),
            unit=words.translate(result.calendar.kind.unit),
            bias=words.number(abs(half.bias)),
        )


def _others(found: Solidity, result: Result, words: Words) -> Iterator[str]:
    if not isinstance(found.waves, str):
        yield _without_a_wave(found.waves, headline(result), words)
    if not isinstance(found.imputation, str):
        yield words.say(
            "Calculé autrement, par imputation, l’effet est %(effect)s.",
            effect=interval(found.imputation, result, words),
        )
    if not isinstance(found.random_timing, str):
        yield words.say(
            "Avec l’estimateur le plus précis pour un ordre tiré au sort, l’effet est %(effect)s.",
            effect=interval(found.random_timing, result, words),
        )
    if not isinstance(found.by_region, str):
        yield words.say(
            "Avec des erreurs regroupées par région, l’effet est %(effect)s.",
            effect=interval(found.by_region, result, words),
        )


def _without_a_wave(waves: tuple[tuple[int | str, Estimate], ...], main: Estimate, words: Words) -> str:
    values = [effect.estimate for _, effect in waves]
    carried = [str(label) for label, effect in waves if main.excludes_zero and not effect.excludes_zero]
    low, high = words.number(min(values), True), words.number(max(values), True)
    if not carried:
        return words.say("Sans l’une ou l’autre vague, l’effet va de %(low)s à %(high)s.", low=low, high=high)
    return words.say(
        "Sans l’une ou l’autre vague, l’effet va de %(low)s à %(high)s ; il ne se distingue plus de zéro sans la "
        "vague %(waves)s.",
        low=low,
        high=high,
        waves=", ".join(carried),
    )


def _next_door(found: Solidity, result: Result, words: Words) -> Iterator[str]:
    if isinstance(found.neighbours, str):
        return
    near = found.neighbours
    yield words.say(
        "Sans les %(units)s unités jamais exposées qui ont une voisine exposée, l’effet est %(effect)s.",
        units=near.units,
        effect=interval(near.apart, result, words),
    )
    effect = interval(near.on_them, result, words)
    if near.on_them.excludes_zero:
        yield words.say(
            "Sur elles, l’ouverture d’à côté se voit : %(effect)s. L’effet déborde, et la comparaison avec elles le "
            "fausse.",
            effect=effect,
        )
    elif near.on_them.conf_low <= near.on_them.conf_high:
        yield words.say("Sur elles, l’ouverture d’à côté ne se voit pas : %(effect)s.", effect=effect)


def _nothing_to_see(found: Solidity, result: Result, words: Words) -> Iterator[str]:
    if not isinstance(found.in_time, str):
        yield _false_opening(*found.in_time, result, words)
    if not isinstance(found.in_space, str):
        place = found.in_space
        said = words.say(
            "Sur %(draws)s faux déploiements parmi les unités jamais exposées, la méthode voit un effet "
            "%(share)s\u00a0%% du temps (%(expected)s\u00a0%% attendus).",
            draws=place.draws,
            share=words.number(100 * place.share, digits=0),
            expected=words.number(100 * (1 - result.level), digits=0),
        )
        if place.together:
            said += " " + words.say("Ils ont été tirés région par région, comme les vrais.")
        if place.share > TOO_MANY:
            said += " " + words.say("Elle en voit trop : les intervalles sont ici trop courts.")
        yield said


def _false_opening(effect: Estimate, count: int, result: Result, words: Words) -> str:
    kind = result.calendar.kind
    given = {
        "early": f"{count} {words.translate(kind.units if count > 1 else kind.unit)}",
        "effect": interval(effect, result, words),
    }
    if effect.excludes_zero:
        return words.say(
            "Une fausse ouverture, placée %(early)s plus tôt, montre un effet alors que rien n’avait ouvert : "
            "%(effect)s. La comparaison est douteuse.",
            **given,
        )
    return words.say(
        "Une fausse ouverture, placée %(early)s plus tôt, ne montre rien, comme il se doit : %(effect)s.",
        **given,
    )


def rows_of_effect(found: Solidity, result: Result, words: Words = FRENCH) -> list[Row]:
    """The same effect found in other ways, the main estimate first."""
    rows: list[Row] = [(words.say("calcul principal"), headline(result))]
    for name, value in (
        (words.say("imputation"), found.imputation),
        (words.say("ordre tiré au sort"), found.random_timing),
        (words.say("erreurs par région"), found.by_region),
    ):
        if not isinstance(value, str):
            rows.append((name, value))
    if not isinstance(found.waves, str):
        rows += [(words.say("sans la vague %(wave)s", wave=label), effect) for label, effect in found.waves]
    if not isinstance(found.neighbours, str):
        rows.append((words.say("sans les voisines"), found.neighbours.apart))
    return rows


def rows_of_nothing(found: Solidity, words: Words = FRENCH) -> list[Row]:
    """Effects where there should be none."""
    rows: list[Row] = []
    if not isinstance(found.in_time, str):
        count = found.in_time[1]
        name = words.count(
            "fausse ouverture, %(count)s période plus tôt",
            "fausse ouverture, %(count)s périodes plus tôt",
            count,
        )
        rows.append((name, found.in_time[0]))
    if not isinstance(found.neighbours, str):
        rows.append((words.say("ouverture d’à côté, sur les voisines"), found.neighbours.on_them))
    return rows

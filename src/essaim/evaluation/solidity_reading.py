"""What the checks say, in plain French sentences and in rows of numbers."""

from collections.abc import Iterator

from essaim.evaluation.reading import headline, interval
from essaim.evaluation.result import Estimate, Result
from essaim.evaluation.sensitivity import read_sensitivity
from essaim.evaluation.solidity import Solidity
from essaim.evaluation.words import number

#: Share of false deployments with an effect above which intervals are said to be too short.
TOO_MANY = 0.10

Row = tuple[str, Estimate]


def read_solidity(found: Solidity, result: Result) -> list[str]:
    """Sentences, the most telling first; what was not made comes last, with its reason."""
    said = [*_stands(found, result), *_others(found, result), *_nothing_to_see(found, result)]
    if not isinstance(found.two_way, str):
        wrong = number(100 * found.two_way.share("earlier"), digits=0)
        said.append(
            "À ne pas retenir : une régression ordinaire à deux effets fixes donnerait "
            f"{number(found.two_way.effect.estimate, True)} ; {wrong}\u00a0% de ce nombre compare des unités à "
            "d’autres déjà exposées, ce qui fausse le calcul quand l’effet change avec le temps."
        )
    missing = [f"{name} ({reason.rstrip('.')})" for name, reason in found.not_made]
    if missing:
        said.append(f"Non fait : {' ; '.join(missing)}.")
    return said


def _stands(found: Solidity, result: Result) -> Iterator[str]:
    if not isinstance(found.sensitivity, str):
        yield from read_sensitivity(found.sensitivity)
    if not isinstance(found.power, str):
        half = found.power[0]
        yield (
            "Le test d’avant l’ouverture laisse passer une fois sur deux une dérive en ligne droite de "
            f"{number(half.slope, digits=3)} par {result.calendar.kind.unit} ; elle fausserait l’effet moyen de "
            f"{number(abs(half.bias))}."
        )


def _others(found: Solidity, result: Result) -> Iterator[str]:
    main = headline(result)
    if not isinstance(found.waves, str):
        values = [effect.estimate for _, effect in found.waves]
        said = f"Sans l’une ou l’autre vague, l’effet va de {number(min(values), True)} à {number(max(values), True)}"
        carried = [
            str(label) for label, effect in found.waves if main.excludes_zero and not effect.excludes_zero
        ]
        yield said + (
            f" ; il ne se distingue plus de zéro sans la vague {', '.join(carried)}." if carried else "."
        )
    if not isinstance(found.imputation, str):
        yield f"Calculé autrement, par imputation, l’effet est {interval(found.imputation, result)}."
    if not isinstance(found.random_timing, str):
        yield (
            "Avec l’estimateur le plus précis pour un ordre tiré au sort, l’effet est "
            f"{interval(found.random_timing, result)}."
        )
    if not isinstance(found.by_region, str):
        yield f"Avec des erreurs regroupées par région, l’effet est {interval(found.by_region, result)}."
    if not isinstance(found.neighbours, str):
        near = found.neighbours
        yield (
            f"Sans les {near.units} unités jamais exposées qui ont une voisine exposée, l’effet est "
            f"{interval(near.apart, result)} ; sur elles, l’ouverture d’à côté "
            + (
                f"se voit : {interval(near.on_them, result)}. L’effet déborde, et la comparaison avec elles le fausse."
                if near.on_them.excludes_zero
                else f"ne se voit pas : {interval(near.on_them, result)}."
            )
        )


def _nothing_to_see(found: Solidity, result: Result) -> Iterator[str]:
    if not isinstance(found.in_time, str):
        effect, count = found.in_time
        yield f"Une fausse ouverture, placée {result.calendar.duration(count)} plus tôt, " + (
            f"montre un effet alors que rien n’avait ouvert : {interval(effect, result)}. La comparaison est douteuse."
            if effect.excludes_zero
            else f"ne montre rien, comme il se doit : {interval(effect, result)}."
        )
    if not isinstance(found.in_space, str):
        place = found.in_space
        share, expected = number(100 * place.share, digits=0), number(100 * (1 - result.level), digits=0)
        yield (
            f"Sur {place.draws} faux déploiements parmi les unités jamais exposées"
            + (", région par région," if place.together else ",")
            + f" la méthode voit un effet {share}\u00a0% du temps ({expected}\u00a0% attendus)"
            + (
                " : elle en voit trop, et les intervalles sont ici trop courts."
                if place.share > TOO_MANY
                else "."
            )
        )


def rows_of_effect(found: Solidity, result: Result) -> list[Row]:
    """The same effect found in other ways, the main estimate first."""
    rows: list[Row] = [("calcul principal", headline(result))]
    for name, value in (
        ("imputation", found.imputation),
        ("ordre tiré au sort", found.random_timing),
        ("erreurs par région", found.by_region),
    ):
        if not isinstance(value, str):
            rows.append((name, value))
    if not isinstance(found.waves, str):
        rows += [(f"sans la vague {label}", effect) for label, effect in found.waves]
    if not isinstance(found.neighbours, str):
        rows.append(("sans les voisines", found.neighbours.apart))
    return rows


def rows_of_nothing(found: Solidity) -> list[Row]:
    """Effects where there should be none."""
    rows: list[Row] = []
    if not isinstance(found.in_time, str):
        rows.append((f"fausse ouverture, {found.in_time[1]} période(s) plus tôt", found.in_time[0]))
    if not isinstance(found.neighbours, str):
        rows.append(("ouverture d’à côté, sur les voisines", found.neighbours.on_them))
    return rows

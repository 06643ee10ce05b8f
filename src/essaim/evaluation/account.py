"""What goes with the numbers of an evaluation: warnings, facts, and what is needed to replay it."""

import hashlib
from collections.abc import Callable
from functools import cache

import numpy as np

from essaim import __version__
from essaim.evaluation.columns import Bools
from essaim.evaluation.concentration import concentration
from essaim.evaluation.moments import Moments
from essaim.evaluation.options import Options
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER
from essaim.evaluation.result import Aggregation, Facts, Json
from essaim.evaluation.work import Work
from essaim.words import marked, together, told, told_count

#: With fewer exposed units than this the reading says that little can be learnt whatever the method.
FEW_TREATED = 8

#: A spread below this part of the values is rounding.
TINY = 1e-9


def warnings_of(work: Work, panel: Panel, reasons: set[str]) -> list[str]:
    """What the numbers alone would not say."""
    said: list[str] = []
    if work.options.inference == "randomisation" and work.small_sample and not work.options.drawn:
        said.append(
            marked(
                "Les vagues n’ont pas été tirées au sort : l’inférence par nouveau tirage n’est ici qu’un diagnostic, "
                "pas une preuve."
            )
        )
    if panel.period is not None and panel.cluster is None:
        said.append(
            marked(
                "Chaque ligne est tenue pour indépendante des autres. Les personnes d’un même territoire ne le sont "
                "pas : donnez la colonne du territoire comme grappe, sans quoi les intervalles sont trop étroits."
            )
        )
    undefined = int(np.isnan(work.effect).sum())
    if work.options.inference not in ("analytic", "bootstrap") and not work.small_sample:
        said.append(
            told(
                "L’inférence %(inference)s n’est pas définie ici (covariables, poids qui varient, coupes répétées, ou "
                "une seule unité par vague) : les intervalles sont ceux de la théorie usuelle, trop étroits quand peu "
                "d’unités sont exposées.",
                inference=work.options.inference,
            )
        )
    if not _varies(work.stats):
        said.append(marked("Le résultat est le même partout et à toutes les périodes : est-il bien mesuré ?"))
    if undefined:
        said.append(
            told_count(
                "%(count)s effet par vague et période n’est pas défini (%(why)s) ; il est laissé hors des moyennes.",
                "%(count)s effets par vague et période ne sont pas définis (%(why)s) ; ils sont laissés hors des "
                "moyennes.",
                undefined,
                why=together(sorted(reasons)) if reasons else told("personne à exposer ou à comparer"),
            )
        )
    alone: Bools = np.asarray(work.stats.count.max(axis=1) < 2)
    if work.forms is not None:
        alone = np.asarray(work.forms.lone.any(axis=1))
    lone = [
        str(work.panel.calendar.key(int(cohort)))
        for cohort, single in zip(work.stats.cohorts, alone, strict=True)
        if single and cohort != NEVER
    ]
    if work.small_sample and bool(alone[work.stats.cohorts == NEVER].any()):
        said.append(
            marked(
                "Une seule unité sert de comparaison, à une période au moins : l’incertitude des effets ne peut pas "
                "être estimée."
            )
        )
    if lone and work.small_sample:
        said.append(
            told(
                "Vague d’une seule unité (%(waves)s) : l’incertitude de son effet ne peut pas être estimée, ni celle "
                "des moyennes qui la contiennent.",
                waves=", ".join(lone),
            )
        )
    stands = concentration(panel)
    narrow = stands.warning() if stands else None
    if narrow:
        said.append(narrow)
    treated = int((panel.cohort != NEVER).sum())
    if treated < FEW_TREATED:
        said.append(
            told_count(
                "Une seule unité exposée : les intervalles sont larges et fragiles.",
                "Seulement %(count)s unités exposées : les intervalles sont larges et fragiles.",
                treated,
            )
        )
    return said


def _varies(stats: Moments) -> bool:
    """Whether the outcome is not one constant."""
    mean, spread = _scale(stats)
    return bool(spread > TINY * abs(mean))


def _scale(stats: Moments) -> tuple[float, float]:
    """Mean and standard deviation of the outcome over all observations, from the statistics."""
    weight = stats.weight
    mean = float(np.nansum(weight * stats.mean) / weight.sum())
    between = np.nansum(weight * (stats.mean - mean) ** 2)
    squares = sum(np.diag(second)[: stats.periods].sum() for second in stats.second)
    # Scores carry their weight, so that their squares carry it twice.
    heaviness = sum(np.diag(second)[stats.indicator].sum() for second in stats.second) / weight.sum()
    return mean, float(np.sqrt((between + squares / heaviness) / weight.sum()))


def facts_of(work: Work) -> Facts:
    panel, stats = work.panel, work.stats
    treated = panel.cohort != NEVER
    waves = tuple(
        (panel.calendar.key(int(c)), int((panel.cohort == c).sum())) for c in stats.cohorts if c != NEVER
    )
    stands = concentration(panel)
    mean, spread = _scale(stats)
    return Facts(
        outcome_name=panel.outcome_name,
        units=panel.size,
        treated=int(treated.sum()),
        never=int((~treated).sum()),
        waves=waves,
        periods=len(panel.calendar.ordinals),
        first_period=panel.calendar.labels[0],
        last_period=panel.calendar.labels[-1],
        outcome_mean=mean,
        outcome_sd=spread,
        treated_regions=stands.regions if stands else None,
        concentrated=stands is not None and stands.concentrated,
        simulated=panel.simulated,
        drawn=work.options.drawn,
    )


def _inference_done(work: Work) -> str:
    wanted = work.options.inference
    return wanted if wanted in ("analytic", "bootstrap") or work.small_sample else "analytic"


def _draws_done(work: Work) -> int | None:
    done = _inference_done(work)
    if done == "randomisation" and work.draw is not None:
        return len(work.draw.schemes)
    return work.options.draws if done in ("bootstrap", "wild", "randomisation") else None


def fingerprint(panel: Panel) -> str:
    """SHA-256 of the numbers that an estimation reads: another panel has another one."""
    digest = hashlib.sha256()
    read = (
        panel.outcome,
        panel.cohort,
        panel.weight,
        panel.covariates,
        panel.cluster,
        panel.period,
        panel.stratum,
        panel.level,
        panel.persons,
    )
    for array in read:
        if array is None:
            continue
        if array.ndim == 3 and array.strides[1] == 0:  # covariates that no period changes are read once
            array = array[:, 0]
        digest.update(np.ascontiguousarray(array).data.cast("B"))
    return digest.hexdigest()


def provenance_of(
    panel: Panel, options: Options, work: Work, simple: Aggregation | None
) -> Callable[[], Json]:
    """What is needed to replay the evaluation, made once, when it is asked for."""
    known: Json = {
        "essaim": __version__,
        "units": panel.size,
        "periods": list(panel.calendar.labels),
        "outcome": panel.outcome_name,
        "method": options.method if panel.covariates is not None else None,
        "covariates": list(panel.covariate_names),
        "control": options.control,
        "base": options.base,
        "anticipation": options.anticipation,
        "inference": _inference_done(work),
        "draws": _draws_done(work),
        "multiplier": options.multiplier if options.inference == "bootstrap" else None,
        "waves_drawn": options.drawn,
        "draw": {"fingerprint": work.draw.fingerprint, "seed": work.draw.seed} if work.draw else None,
        "p_value": simple.p_value if simple else None,
        "level": options.level,
        "seed": options.seed,
    }
    return cache(lambda: known | {"panel_sha256": fingerprint(panel)})

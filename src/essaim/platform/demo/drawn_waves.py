"""A simulated evaluation with waves drawn in public: plan, draw, panel that follows it, estimate that replays it."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from django.utils import timezone

from essaim.evaluation.simulate import Scenario, simulate
from essaim.platform.evaluations import services as evaluations
from essaim.platform.evaluations import services_draws as draws

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.programmes.models import Programme

COUNT = 27
FIRST = "Convention déjà signée avec le département (simulé)"

SIZING = {
    "waves": [9.0, 9.0, 9.0], "never": 0, "persons": 60.0, "before": 8, "after": 3, "transition": 0, "ramp": [1.0],
    "sd": 3.0, "iccs": [0.02, 0.05, 0.1], "correlation": "nested", "autocorrelations": [0.6, 0.8, 1.0],
    "person": 0.0, "retention": 1.0, "wanted": 0.8,
}  # fmt: skip


def play_drawn_waves(programme: "Programme", *, by: "User", today: date) -> None:
    """Three waves of invented territories, one of them imposed first; a small effect that the draw lets be seen."""
    plan = evaluations.create_plan(
        programme,
        by=by,
        question="Ouvrir un comité d’emploi par territoire rapproche-t-il les personnes de l’emploi ?",
        outcome="Part des personnes suivies en emploi six mois après (%)",
        unit="territoire × trimestre",
        comparison="Les territoires que le tirage fait ouvrir plus tard.",
        waves="Trois vagues tirées au sort en public, par type de territoire.",
        control="notyettreated",
        smallest_effect=0.5,
        if_positive="Ouvrir la suite dans le même ordre de moyens.",
        if_null="Écrire la leçon ; revoir la composition du comité.",
        if_negative="Suspendre, et chercher pourquoi avec les territoires.",
        if_unknown="Ajouter une vague, tirée elle aussi.",
        simulated=True,
    )
    found = draws.save_draw(
        plan, None, by=by, table=_table(), capacities="9, 9, 9", method="constrained", keep=10,
        seed_rule="Le nombre que donnent trois dés lancés devant le comité de pilotage (simulé).", seed_on=today,
    )  # fmt: skip
    found = draws.publish_draw(found, timezone.now() - timedelta(days=7))
    found = draws.hold_draw(found, "4 1 6")
    evaluations.record_sizing(plan, SIZING)
    plan = evaluations.freeze_plan(plan)
    panel = evaluations.add_panel(
        plan,
        evaluations.read_panel("panel-tire-simule.csv", _panel(found.record).write_csv().encode()),
        title="Panel simulé qui suit le tirage",
        source="Simulé par Essaim pour la démonstration.",
        by=by,
        simulated=True,
    )
    evaluations.run_estimate(panel, by=by)


def _table() -> str:
    kinds = ("rural", "urbain", "quartier prioritaire")
    lines = [
        f"S{i:02};Territoire simulé {i};{kinds[i % 3]};{FIRST if i == 1 else ''};{6 + i * 7 % 9}"
        for i in range(1, COUNT + 1)
    ]
    return "\n".join(["code;nom;strate;imposé;chômage", *lines])


def _panel(record: dict[str, Any]) -> pl.DataFrame:
    """A simulated panel whose units open with the wave that the draw gave them, for all persons and by group."""
    codes: dict[int, list[str]] = {}
    for row in record["allocation"]:
        codes.setdefault(row["wave"], []).append(row["code"])
    waves = tuple(len(codes[wave]) for wave in sorted(codes))
    frame = simulate(Scenario(units=COUNT, waves=waves, before=8, gap=3, effect=1.0, noise=0.4, seed=5))
    cohorts = sorted(frame["cohort"].unique())
    code = {
        unit: name
        for cohort, wave in zip(cohorts, sorted(codes), strict=True)
        for unit, name in zip(
            frame.filter(pl.col("cohort") == cohort)["unit"].unique(maintain_order=True),
            codes[wave],
            strict=True,
        )
    }
    frame = frame.with_columns(unit=pl.col("unit").replace_strict(code))
    gap = pl.Series(np.random.default_rng(7).normal(0.3, 0.3, frame.height)).round(4)
    return pl.concat(
        frame.with_columns(group=pl.lit(name), outcome=(pl.col("outcome") + sign * gap).round(4))
        for name, sign in (("ensemble", 0), ("femmes", 1), ("hommes", -1))
    )

"""A study: a document that is read whole or refused whole, and replays to the same ranking."""

import json
from dataclasses import replace

import numpy as np
import pytest

from essaim.territory.criteria import Criterion, Transform
from essaim.territory.entry import entry
from essaim.territory.explain import explain, percent
from essaim.territory.indicators import shipped_table
from essaim.territory.ranking import Ranking, run
from essaim.territory.study import Scope, Study, StudyError, from_dict, from_yaml, to_dict, to_yaml
from essaim.territory.table import Column, Measure, Table

DOCUMENT = """
format: essaim/study/1
title: Fermes en territoire rural
unit: epci
scope: {regions: ["75"]}
k: 8
seed: 7
samples: 2000
criteria:
  - {key: rural, family: need, indicator: rural_share, reason: "Des terres"}
  - {key: loin, family: need, indicator: far_share, transform: {kind: minmax}}
  - {key: peuple, family: resources, indicator: population, transform: log}
weights:
  - need >= resources
  - resources >= 20 %
"""


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    return run(from_yaml(DOCUMENT), shipped_table("epci"))


def small(columns: dict[str, list[float]], simulated: str = "", level: str = "set") -> Table:
    n = len(next(iter(columns.values())))
    codes = tuple(f"T{i}" for i in range(n))
    made = {
        k: Column(Measure(k, k.upper(), "u", "s", "d", level, simulated=k == simulated), np.array(v, float))
        for k, v in columns.items()
    }
    return Table("set", codes, codes, made)


def study(k: int = 1, *criteria: Criterion, **more: object) -> Study:
    made = criteria or (Criterion("a", "need", "a"), Criterion("b", "resources", "b"))
    return Study("Essai", "set", made, k, samples=1_000, **more)  # type: ignore[arg-type]


def test_a_study_written_and_read_back_is_equal() -> None:
    made = from_yaml(DOCUMENT)
    assert from_yaml(to_yaml(made)) == made
    assert from_dict(json.loads(json.dumps(to_dict(made)))) == made


def test_any_change_changes_the_fingerprint() -> None:
    made = from_yaml(DOCUMENT)
    assert made.fingerprint() == from_yaml(DOCUMENT).fingerprint()
    assert made.fingerprint() != from_yaml(DOCUMENT.replace("k: 8", "k: 9")).fingerprint()


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ("[]", "document à clés"),
        ("a: [", "Ligne 2"),
        ("a: &x 1\nb: *x", "ancres YAML"),
        ("title: x", "Clé manquante : criteria"),
        (DOCUMENT.replace("essaim/study/1", "autre/2"), "Format inconnu"),
        (DOCUMENT.replace("unit: epci", "unit: canton"), "Unité inconnue"),
        (DOCUMENT.replace("k: 8", "k: true"), "k vaut True"),
        (DOCUMENT.replace("k: 8", "k: 0"), "au moins 1"),
        (DOCUMENT.replace("samples: 2000", "samples: 900000000"), "au plus"),
        (DOCUMENT.replace("seed: 7", "seed: -1"), "seed"),
        (DOCUMENT.replace('regions: ["75"]', "regions: [75]"), "guillemets"),
        (DOCUMENT.replace("key: loin", "key: rural"), "deux fois"),
        (DOCUMENT.replace("key: loin", "key: need"), "Nom de critère impossible"),
        (DOCUMENT.replace("family: resources", "family: argent"), "family"),
        (DOCUMENT.replace("kind: minmax", "kind: minmax, bas: 3"), "clé inconnue « bas »"),
        (DOCUMENT.replace("kind: minmax", "kind: minmax, low: beaucoup"), "nombres"),
        (DOCUMENT.replace("transform: log", "transform: {kind: log, low: -5}"), "négatives"),
        (DOCUMENT.replace("need >= resources", "need >= resources + 1.5"), "contredisent"),
        (DOCUMENT.replace("title:", "titre:"), "clé inconnue « titre »"),
    ],
)
def test_a_bad_document_is_refused_with_the_way_to_mend_it(document: str, word: str) -> None:
    with pytest.raises(StudyError, match=word.replace("(", r"\(")):
        from_yaml(document)


def test_every_problem_is_listed_at_once() -> None:
    with pytest.raises(StudyError) as error:
        from_yaml(DOCUMENT.replace("k: 8", "k: 0").replace("family: resources", "family: argent"))
    assert len(error.value.problems) == 2


def test_the_same_study_gives_the_same_ranking(ranking: Ranking) -> None:
    again = run(from_yaml(DOCUMENT), shipped_table("epci"))
    assert json.dumps(again.to_dict()) == json.dumps(ranking.to_dict())


def test_the_result_is_plain_data_with_provenance(ranking: Ranking) -> None:
    data = json.loads(json.dumps(ranking.to_dict(), allow_nan=False))
    assert len(data["ranking"]) == len(ranking.notes.codes)
    assert data["provenance"]["study_sha256"] == ranking.study.fingerprint()
    assert len(data["provenance"]["data_sha256"]) == 64
    assert {m["key"] for m in data["provenance"]["measures"]} == {"rural_share", "far_share", "population"}


def test_another_value_changes_the_data_hash() -> None:
    one = run(study(), small({"a": [1, 2], "b": [2, 1]}))
    two = run(study(), small({"a": [1, 3], "b": [2, 1]}))
    assert one.provenance["data_sha256"] != two.provenance["data_sha256"]


def test_a_simulated_criterion_labels_the_whole_ranking() -> None:
    found = run(study(), small({"a": [1, 2], "b": [2, 1]}, simulated="b"))
    assert found.simulated == ("B",)
    assert any("simulé" in s for s in explain(found, "T0").sentences)


def test_a_value_carried_down_from_its_level_is_named() -> None:
    assert run(study(), small({"a": [1, 2], "b": [2, 1]}, level="departement")).carried_down == ("A", "B")


def test_the_scope_keeps_regions_lists_and_leaves_out() -> None:
    base = from_yaml(DOCUMENT)
    table = shipped_table("epci")
    whole = run(base, table).notes.codes
    assert set(
        run(Study(**{**vars_of(base), "scope": Scope(("75",), without=whole[:2])}), table).notes.codes
    ) == set(whole[2:])
    listed = Study(**{**vars_of(base), "scope": Scope(codes=whole[:10])})
    assert set(run(listed, table).notes.codes) == set(whole[:10])


def vars_of(made: Study) -> dict[str, object]:
    return {name: getattr(made, name) for name in Study.__dataclass_fields__}


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        (Scope(codes=("nulle part",)), "absents de la table"),
        (Scope(without=tuple(f"T{i}" for i in range(3))), "Aucun territoire"),
        (Scope(regions=("75",)), "donnez la liste des codes"),
    ],
)
def test_an_impossible_scope_is_refused(scope: Scope, word: str) -> None:
    with pytest.raises(StudyError, match=word):
        run(study(scope=scope), small({"a": [1, 2, 3], "b": [1, 2, 3]}))


def test_k_and_level_must_fit_the_table() -> None:
    with pytest.raises(StudyError, match="baissez k"):
        run(study(9), small({"a": [1, 2], "b": [1, 2]}))
    with pytest.raises(StudyError, match="niveau"):
        run(from_yaml(DOCUMENT), shipped_table("departement"))


def test_contributions_sum_exactly_to_the_gap(ranking: Ranking) -> None:
    for code in ranking.notes.codes[:40]:
        told = explain(ranking, code)
        assert sum(c.points for c in told.contributions) == pytest.approx(told.gap, abs=1e-12)


def test_an_explanation_names_what_carries_and_what_holds_back() -> None:
    found = run(study(1), small({"a": [9, 5, 1], "b": [1, 5, 4]}))
    said = " ".join(explain(found, "T0").sentences)
    assert "Ce qui le porte : A" in said
    assert "Ce qui le retient : B" in said


def test_a_territory_outside_the_ranking_is_told_why() -> None:
    found = run(study(1), small({"a": [9, 5, np.nan], "b": [1, 5, 4]}))
    with pytest.raises(StudyError, match="valeur manquante pour a"):
        explain(found, "T2")
    with pytest.raises(StudyError, match="périmètre"):
        explain(found, "T9")


def test_a_missing_value_that_was_replaced_is_said() -> None:
    made = study(1, Criterion("a", "need", "a", missing="median"), Criterion("b", "need", "b"))
    found = run(made, small({"a": [9, 5, np.nan], "b": [1, 5, 4]}))
    assert any("Donnée manquante : A" in s and "médiane" in s for s in explain(found, "T2").sentences)


def test_the_smallest_change_lets_the_territory_in_for_half_of_the_weights() -> None:
    """Raising the criterion to the lever's note gives the half; a little less does not."""
    scale = Transform("minmax", low=0.0, high=1.0)  # fixed, so that the others do not move
    made = study(2, *(Criterion(k, "need", k, transform=scale) for k in ("a", "b", "c")))
    values = {"a": [0.9, 0.5, 0.3, 0.1], "b": [0.5, 0.4, 0.4, 0.2], "c": [0.4, 0.4, 0.2, 0.3]}
    lever = next(v for v in explain(run(made, small(values)), "T2").levers if v.key == "a")
    assert lever.note is not None
    for shift, enters in ((1e-4, True), (-1e-2, False)):
        moved = {**values, "a": [0.9, 0.5, lever.note + shift, 0.1]}
        found = run(made, small(moved))
        assert (found.accept.top[found.row("T2")] >= 0.5) is np.bool_(enters)


@pytest.mark.parametrize("seed", range(3))
def test_every_lever_is_the_smallest_of_all_the_notes_tried(seed: int) -> None:
    """Every territory that is out and every criterion, ranked again with its note raised by steps."""
    rng = np.random.default_rng(seed)
    scale = Transform("minmax", low=0.0, high=1.0)
    stated = study(2, *(Criterion(k, "need", k, transform=scale) for k in ("a", "b", "c")))
    made = replace(stated, samples=400)
    values = {k: rng.random(6).round(2).tolist() for k in ("a", "b", "c")}
    first = run(made, small(values))
    tried = 0
    for row, code in enumerate(first.notes.codes):
        for lever in explain(first, code).levers:
            steps = [*np.arange(values[lever.key][row], 1.0, 0.05), 1.0]
            enters = [note for note in steps if _top(made, values, lever.key, row, float(note)) >= 0.5]
            if lever.note is None:
                assert not enters
            else:
                assert enters and 0 <= enters[0] - lever.note <= 0.05 + 1e-9
            tried += 1
    assert tried >= 6


def _top(made: Study, values: dict[str, list[float]], key: str, row: int, note: float) -> float:
    moved = {**values, key: [*values[key][:row], note, *values[key][row + 1 :]]}
    return float(run(made, small(moved)).accept.top[row])


def test_exclusion_is_proven_and_entry_has_its_witness(ranking: Ranking) -> None:
    keys = [c.key for c in ranking.notes.criteria]
    for code in (
        ranking.codes_of("possible")[-1],
        ranking.codes_of("excluded")[0],
        ranking.codes_of("excluded")[-1],
    ):
        found = entry(ranking, code)
        weights = np.array([[found.weights[k] for k in keys]])
        assert found.proven
        assert ranking.space.admits(weights, 1e-5).all()
        scores = ranking.notes.values @ weights[0]
        assert (scores > scores[ranking.row(code)] + 3e-6).sum() + 1 <= found.best_rank
        assert found.can_enter is (found.best_rank <= ranking.study.k)
    assert entry(ranking, ranking.codes_of("possible")[-1]).can_enter


def test_no_draw_ever_beats_the_proven_best_rank(ranking: Ranking) -> None:
    assert ranking.rank_interval is not None
    scores = ranking.draws.weights @ ranking.notes.values.T
    for code in ranking.codes_of("possible")[:5]:
        row = ranking.row(code)
        best_seen = int((scores > scores[:, [row]] + 2e-6).sum(axis=1).min()) + 1
        assert entry(ranking, code).best_rank <= best_seen


def test_the_point_score_is_given_with_what_it_hides(ranking: Ranking) -> None:
    assert sorted(ranking.point_rank)[0] == 1
    assert 0 < ranking.accept.same_set < 1


def test_pairs_are_compared_among_those_that_can_enter(ranking: Ranking) -> None:
    codes, wins = ranking.duel()
    assert wins.shape == (len(codes), len(codes))
    assert set(codes) == set(ranking.codes_of("certain") + ranking.codes_of("possible"))


def test_a_percentage_is_never_rounded_to_certainty() -> None:
    assert percent(0.9999) == "plus de 99,9\u00a0%"
    assert percent(0.0) == "0\u00a0%"

"""Markers become scores; what is missing is said."""

from dataclasses import replace

import pytest

from essaim.protocol.document import Marker, Scale
from essaim.protocol.fidelity import Observation, degree, scores
from tests.protocol.cases import component, protocol

YES = Marker(id="fait", label="Fait", dimension="adherence", scale=Scale(type="boolean"))
NO = replace(YES, id="evite", target=False)
SHARE = Marker(
    id="part",
    label="Part",
    dimension="exposure",
    scale=Scale(type="number", min=0, max=100, unit="%"),
    target=80,
)
DELAY = replace(SHARE, id="delai", scale=Scale(type="number", min=0, max=30), target=5, direction="down")
DEGREE = Marker(id="avis", label="Avis", dimension="quality", scale=Scale(type="likert", points=5))


@pytest.mark.parametrize(
    "marker, value, expected",
    [
        (YES, True, 1.0),
        (YES, False, 0.0),
        (NO, False, 1.0),
        (SHARE, 40, 0.5),
        (SHARE, 95, 1.0),
        (SHARE, 0, 0.0),
        (DELAY, 30, 0.0),
        (DELAY, 17.5, 0.5),
        (DELAY, 2, 1.0),
        (DEGREE, 1, 0.0),
        (DEGREE, 3, 0.5),
        (DEGREE, 5, 1.0),
    ],
)
def test_degree_of_a_marker(marker, value, expected):
    assert degree(marker, value) == pytest.approx(expected)


@pytest.mark.parametrize(
    "marker, value", [(YES, 1), (SHARE, True), (SHARE, 101), (SHARE, "40"), (DEGREE, 2.5), (DEGREE, 0)]
)
def test_a_value_off_its_scale_is_refused(marker, value):
    with pytest.raises(ValueError, match="attend"):
        degree(marker, value)


BASE = protocol(
    replace(component("c", kind="core"), markers=(YES, NO, SHARE)),
    replace(component("souple"), markers=(DEGREE,)),
)


def seen(marker, value, assessor="self", component="c", **changes):
    return Observation(component=component, marker=marker, assessor=assessor, value=value, **changes)


def test_a_score_is_the_mean_of_what_is_observed_and_lists_the_rest():
    adherence, exposure = scores(BASE, [seen("fait", True), seen("evite", True)])
    assert (adherence.value, adherence.observed, adherence.missing) == (0.5, ("fait", "evite"), ())
    assert (exposure.value, exposure.observed, exposure.missing) == (None, (), ("part",))


def test_what_could_not_be_seen_is_missing_not_zero():
    adherence, _ = scores(BASE, [seen("fait", True), seen("evite", None, why="registre absent")])
    assert (adherence.value, adherence.missing) == (1.0, ("evite",))


def test_assessors_are_never_mixed():
    found = scores(BASE, [seen("fait", True), seen("fait", False, "peer")])
    assert [(s.assessor, s.value) for s in found if s.dimension == "adherence"] == [
        ("self", 1.0),
        ("peer", 0.0),
    ]


def test_the_last_observation_counts():
    (adherence, _) = scores(
        BASE, [seen("fait", True, observed_on="2024-05-01"), seen("fait", False, observed_on="2023-05-01")]
    )
    assert adherence.value == 1.0


def test_fidelity_is_asked_of_the_core_unless_said_otherwise():
    entries = [seen("avis", 5, component="souple")]
    assert {s.component for s in scores(BASE, entries)} == {"c"}
    assert {s.component for s in scores(BASE, entries, core_only=False)} == {"c", "souple"}


def test_an_unknown_marker_is_refused():
    with pytest.raises(ValueError, match="pas un marqueur"):
        scores(BASE, [seen("zz", True)])


def test_nothing_observed_gives_no_line():
    assert scores(BASE, []) == ()

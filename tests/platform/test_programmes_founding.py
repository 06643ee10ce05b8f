"""From an innovation to a programme."""

import pytest
from django.core.exceptions import ValidationError

from essaim.platform.programmes import services
from essaim.platform.programmes.permissions import roles_on_programme

ESSENCE = {
    "title": "Jardins partagés",
    "summary": "Des jardins d’insertion.",
    "for_whom": "Des personnes isolées.",
    "why": "Retrouver un rythme.",
    "source": "Visite du jardin",
}


@pytest.fixture
def innovation(make):
    return services.spot(
        title="Jardins partagés", summary="Des jardins.", owner=make.organisation(), reason="Vue sur place."
    )


def test_its_owner_becomes_head_of_network_and_the_protocol_starts_with_its_essence(innovation, make) -> None:
    person = make.member(innovation.owner)
    programme = services.found_programme(innovation, by=person, **ESSENCE)
    assert "network" in roles_on_programme(person, programme)
    draft = programme.versions.get()
    assert draft.state == "draft"
    assert draft.protocol.essence.for_whom == "Des personnes isolées."
    assert draft.protocol.components == ()


def test_an_innovation_has_one_programme(innovation, make) -> None:
    person = make.member(innovation.owner)
    services.found_programme(innovation, by=person, **ESSENCE)
    with pytest.raises(ValidationError, match="déjà son programme"):
        services.found_programme(innovation, by=person, **{**ESSENCE, "title": "Autre"})

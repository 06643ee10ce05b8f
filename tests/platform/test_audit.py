"""Every write has an author and leaves a readable trace."""

import pytest

from essaim.platform import audit
from essaim.platform.organisations import services


def test_a_write_by_nobody_is_refused(db: None) -> None:
    with pytest.raises(audit.UnattributedWrite):
        services.create_organisation(slug="x", name="X", kind="network")


def test_a_change_is_kept_with_its_author_and_both_values(make, writer) -> None:
    organisation = make.organisation("Avant")
    services.update_organisation(organisation, name="Après")
    entry = audit.history(organisation)[0]
    assert entry.actor == writer
    assert entry.changes["name"] == ["Avant", "Après"]


def test_attribution_nests(make, writer) -> None:
    other = make.user("Autre")
    with audit.writing_as(other):
        inner = make.organisation("Dedans")
    outer = make.organisation("Dehors")
    assert audit.history(inner)[0].actor == other
    assert audit.history(outer)[0].actor == writer

"""The thirteen folders and the meeting load in the platform as they are."""

from typing import Any

from essaim.platform.community import services as community
from essaim.platform.programmes.loading import load_folder
from essaim.platform.programmes.models import Programme, ProtocolVersion
from tests.programmes.library import ROOT, SLUGS


def test_every_programme_and_the_meeting_load(writer: Any) -> None:
    for slug in SLUGS:
        load_folder(ROOT / slug, by=writer)
    meeting = community.load_event(ROOT / "rencontre-2022.yaml")
    assert sorted(Programme.objects.values_list("slug", flat=True)) == sorted(SLUGS)
    assert ProtocolVersion.objects.filter(base=None).count() == 13
    cites = ProtocolVersion.objects.filter(programme__slug="cites-de-l-emploi")
    assert [one.number for one in cites.order_by("pk")] == ["0.1.0", "1.0.0"]
    assert meeting.sheets.count() == 10
    assert meeting.sessions.count() == 5

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
    assert ProtocolVersion.objects.count() == 13
    assert meeting.sheets.count() == 10
    assert meeting.sessions.count() == 5

"""Programmes and their protocols: every write goes through here."""

from typing import Any

from django.http import Http404

from essaim.platform.programmes.drafts import (
    discard_draft,
    draft_of,
    examine_draft,
    open_draft,
    publish_draft,
    save_draft,
    start_protocol,
    submit_draft,
    take_back,
)
from essaim.platform.programmes.founding import found_programme
from essaim.platform.programmes.funnel import innovations_of, pass_gate, spot
from essaim.platform.programmes.loading import load_folder
from essaim.platform.programmes.models import Innovation, Programme, ProgrammeRole
from essaim.platform.programmes.permissions import POLICY
from essaim.platform.programmes.proposals import accept, comment, decline, proposals_of, propose
from essaim.platform.programmes.reviewing import give_opinion, review_of
from essaim.platform.programmes.versions import (
    compare,
    current_version,
    publish_document,
    published_versions,
    version_numbered,
)
from essaim.platform.programmes.waiting import todo_for

__all__ = [
    "accept",
    "add_role",
    "all_programmes",
    "comment",
    "compare",
    "create_programme",
    "current_version",
    "decline",
    "discard_draft",
    "draft_of",
    "examine_draft",
    "found_programme",
    "give_opinion",
    "innovation_of",
    "innovations_of",
    "load_folder",
    "open_draft",
    "pass_gate",
    "programme_by_slug",
    "programme_for",
    "proposals_of",
    "propose",
    "publish_document",
    "publish_draft",
    "published_versions",
    "review_of",
    "save_draft",
    "spot",
    "start_protocol",
    "submit_draft",
    "take_back",
    "todo_for",
    "update_programme",
    "version_numbered",
]


def programme_by_slug(slug: str) -> Programme:
    """The programme with its roles fetched, or 404; the caller still asks whether the person may see it."""
    programme = Programme.objects.prefetch_related("roles").filter(slug=slug).first()
    if programme is None:
        raise Http404
    return programme


def all_programmes() -> list[Programme]:
    """Every programme with its roles, by title; the caller asks the rights."""
    return list(Programme.objects.prefetch_related("roles"))


def programme_for(user: Any, slug: str, action: str = "view") -> Programme:
    """The programme when ``user`` may do ``action`` on it; 404 when it is foreign to them, 403 otherwise."""
    programme = programme_by_slug(slug)
    POLICY.require(user, action, programme)
    return programme


def create_programme(**fields: Any) -> Programme:
    programme = Programme(**fields)
    programme.full_clean()
    programme.save()
    return programme


def add_role(programme: Programme, organisation: Any, role: str, **fields: Any) -> ProgrammeRole:
    """Give an organisation a dated role; rights follow while it lasts."""
    held = ProgrammeRole(programme=programme, organisation=organisation, role=role, **fields)
    held.full_clean()
    held.save()
    return held


def update_programme(programme: Programme, **fields: Any) -> Programme:
    for name, value in fields.items():
        setattr(programme, name, value)
    programme.full_clean()
    programme.save()
    return programme


def innovation_of(programme: Programme) -> Innovation | None:
    """The innovation that became this programme."""
    return Innovation.objects.filter(programme=programme).prefetch_related("decisions").first()

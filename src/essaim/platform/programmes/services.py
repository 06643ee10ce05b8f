"""Programmes and their protocols: every write goes through here."""

from typing import Any

from essaim.platform.programmes.models import Programme, ProgrammeRole


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

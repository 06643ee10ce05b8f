"""Meetings, lessons and exchanges: every write goes through here."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.db import transaction
from django.db.models import QuerySet

from essaim.platform.community.models import (
    Answer,
    Event,
    Exchange,
    Lesson,
    Session,
    Sheet,
    Speaker,
    Teaching,
)
from essaim.platform.organisations import services as organisations
from essaim.platform.programmes import services as programmes

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.programmes.models import Programme


def _saved(obj: Any) -> Any:
    obj.full_clean()
    obj.save()
    return obj


def create_event(**fields: Any) -> Event:
    event: Event = _saved(Event(**fields))
    return event


def update_event(event: Event, **fields: Any) -> Event:
    for name, value in fields.items():
        setattr(event, name, value)
    _saved(event)
    return event


def publish_event(event: Event, public: bool) -> Event:
    visibility = Event.Visibility.PUBLIC if public else Event.Visibility.PRIVATE
    return update_event(event, visibility=visibility)


def delete_event(event: Event) -> None:
    event.delete()


def add_session(event: Event, **fields: Any) -> Session:
    session: Session = _saved(Session(event=event, position=event.sessions.count() + 1, **fields))
    return session


def add_speaker(session: Session, **fields: Any) -> Speaker:
    speaker: Speaker = _saved(Speaker(session=session, **fields))
    return speaker


def add_teaching(session: Session, **fields: Any) -> Teaching:
    teaching: Teaching = _saved(Teaching(session=session, **fields))
    return teaching


@transaction.atomic
def load_event(path: Path) -> Event:
    """Load a meeting written in YAML (``programmes/rencontre-2022.yaml``); a second load changes nothing.

    Its organisations and programmes must be loaded before. Everything happens in one transaction.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = Event.objects.filter(slug=document["slug"]).first()
    if known:
        return known
    event = create_event(
        slug=document["slug"],
        title=document["title"],
        theme=document["theme"],
        date=document["date"],
        edition=document["edition"],
        format=document["format"],
        organiser=organisations.organisation_by_slug(document["organiser"]),
        programme=programmes.programme_by_slug(document["programme"]),
        remarks=document["remarks"],
        source="; ".join(f"{source['title']}, {source['publisher']}" for source in document["sources"]),
        visibility=Event.Visibility.PUBLIC,
    )
    for section in document["sections"]:
        _load_session(event, section)
    round_tables = {s.number: s for s in event.sessions.filter(kind=Session.Kind.ROUND_TABLE)}
    for part in document["annex"]:
        for sheet in part["sheets"]:
            _load_sheet(event, round_tables[part["round_table"]], sheet)
    return event


def _load_session(event: Event, section: Mapping[str, Any]) -> None:
    session = add_session(event, kind=section["kind"], number=section.get("number"), title=section["title"])
    speakers = {
        speaker["name"]: add_speaker(
            session,
            name=speaker["name"],
            function=speaker["role"] or "",
            organisation=organisations.organisation_by_slug(speaker["organisation"]),
            part=speaker["part"],
        )
        for speaker in section["speakers"]
    }
    for teaching in section["teachings"]:
        add_teaching(
            session,
            text=teaching["text"],
            quote=teaching.get("quote") or "",
            speaker=speakers.get(teaching["by"]),
        )


def _load_sheet(event: Event, session: Session, sheet: Mapping[str, Any]) -> None:
    presenter = sheet["presented_by"]
    _saved(
        Sheet(
            event=event,
            session=session,
            programme=programmes.programme_by_slug(sheet["programme"]),
            presented_by=f"{presenter['name']}, {presenter['role']}",
            text=sheet["text"],
        )
    )


def create_lesson(programme: "Programme", *, by: "User", **fields: Any) -> Lesson:
    lesson: Lesson = _saved(Lesson(programme=programme, author=by, **fields))
    return lesson


def lesson_kinds() -> list[tuple[str, str]]:
    """The natures of a lesson, for the forms of other domains."""
    return [(value, str(label)) for value, label in Lesson.Kind.choices]


def lessons_of(programme: "Programme") -> QuerySet[Lesson]:
    return Lesson.objects.filter(programme=programme).select_related("author")


def ask(programme: "Programme", *, by: "User", **fields: Any) -> Exchange:
    exchange: Exchange = _saved(Exchange(programme=programme, author=by, **fields))
    return exchange


def answer(exchange: Exchange, *, by: "User", text: str) -> Answer:
    kept: Answer = _saved(Answer(exchange=exchange, author=by, text=text))
    return kept

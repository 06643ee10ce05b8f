"""Pages of meetings, lessons and questions."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.community import services
from essaim.platform.community.forms import (
    AnswerForm,
    EventForm,
    ExchangeForm,
    LessonForm,
    SessionForm,
    SpeakerForm,
    TeachingForm,
)
from essaim.platform.community.minutes import minutes_docx
from essaim.platform.community.models import Event
from essaim.platform.community.permissions import COMMUNITY_POLICY, EVENT_POLICY, events_seen_by
from essaim.platform.http import Request
from essaim.platform.organisations.permissions import memberships
from essaim.platform.programmes.permissions import open_programme

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _event(request: Request, slug: str, action: str) -> Event:
    event = get_object_or_404(Event.objects.select_related("organiser", "programme"), slug=slug)
    EVENT_POLICY.require(request.user, action, event)
    return event


@login_not_required
def events(request: Request) -> HttpResponse:
    may_create = any(m.organisation.kind == "network" for m in memberships(request.user))
    context = {"events": events_seen_by(request.user), "may_create": may_create}
    return render(request, "community/events.html", context)


@login_not_required
def event(request: Request, slug: str) -> HttpResponse:
    found = _event(request, slug, "view")
    return render(
        request,
        "community/event.html",
        {
            "event": found,
            "sessions": found.sessions.prefetch_related(
                "speakers__organisation", "teachings__speaker", "sheets__programme"
            ),
            "can": EVENT_POLICY.actions(request.user, found),
        },
    )


@login_not_required
def minutes(request: Request, slug: str) -> HttpResponse:
    found = _event(request, slug, "view")
    return HttpResponse(
        minutes_docx(found),
        content_type=WORD,
        headers={"Content-Disposition": f'attachment; filename="{found.slug}.docx"'},
    )


def new_event(request: Request) -> HttpResponse:
    """A meeting belongs to the first network that the person is a member of."""
    networks = [m.organisation for m in memberships(request.user) if m.organisation.kind == "network"]
    if not networks:
        raise PermissionDenied(_("Seule une tête de réseau ouvre une rencontre."))
    form = EventForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        slug = slugify(f"{form.cleaned_data['date']}-{form.cleaned_data['title']}")[:50]
        if Event.objects.filter(slug=slug).exists():
            form.add_error("title", _("Une rencontre du même nom existe déjà à cette date."))
        else:
            created = services.create_event(slug=slug, organiser=networks[0], **form.cleaned_data)
            return redirect("community:event", created.slug)
    return _form(request, form, _("Nouvelle rencontre"), reverse("community:events"))


def edit_event(request: Request, slug: str) -> HttpResponse:
    found = _event(request, slug, "edit")
    form = EventForm(request.POST or None, instance=found)
    return _save(
        request, form, _("Modifier la rencontre"), found, lambda data: services.update_event(found, **data)
    )


def new_session(request: Request, slug: str) -> HttpResponse:
    found = _event(request, slug, "edit")
    form = SessionForm(request.POST or None)
    return _save(
        request, form, _("Nouvelle séquence"), found, lambda data: services.add_session(found, **data)
    )


def new_speaker(request: Request, slug: str, pk: int) -> HttpResponse:
    found = _event(request, slug, "edit")
    session = get_object_or_404(found.sessions, pk=pk)
    form = SpeakerForm(request.POST or None)
    return _save(
        request, form, _("Nouvel intervenant"), found, lambda data: services.add_speaker(session, **data)
    )


def new_teaching(request: Request, slug: str, pk: int) -> HttpResponse:
    found = _event(request, slug, "edit")
    session = get_object_or_404(found.sessions, pk=pk)
    form = TeachingForm(request.POST or None, session=session)
    return _save(
        request, form, _("Nouvel enseignement"), found, lambda data: services.add_teaching(session, **data)
    )


def _form(request: Request, form: forms.BaseForm, title: str, back: str, **context: Any) -> HttpResponse:
    return render(request, "community/form.html", {"form": form, "title": title, "back": back, **context})


def _save(
    request: Request, form: forms.BaseForm, title: str, event: Event, save: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    """Show a form about an event, or save it and come back to the event."""
    if request.method == "POST" and form.is_valid():
        save(form.cleaned_data)
        messages.success(request, _("Enregistré."))
        return redirect("community:event", event.slug)
    return _form(request, form, title, reverse("community:event", args=[event.slug]))


@require_POST
def publish_event(request: Request, slug: str) -> HttpResponse:
    found = _event(request, slug, "publish")
    public = request.POST.get("public") == "yes"
    services.publish_event(found, public)
    messages.success(
        request, _("La rencontre est publique.") if public else _("La rencontre est réservée au réseau.")
    )
    return redirect("community:event", slug)


def delete_event(request: Request, slug: str) -> HttpResponse:
    found = _event(request, slug, "delete")
    if request.method == "POST":
        services.delete_event(found)
        messages.success(request, _("Rencontre supprimée."))
        return redirect("community:events")
    return render(request, "community/delete_event.html", {"event": found})


def lessons(request: Request, slug: str) -> HttpResponse:
    programme = open_programme(slug)
    COMMUNITY_POLICY.require(request.user, "view", programme)
    return render(
        request,
        "community/lessons.html",
        {
            "programme": programme,
            "lessons": services.lessons_of(programme),
            "exchanges": programme.exchanges.select_related("author").prefetch_related("answers"),
            "can": COMMUNITY_POLICY.actions(request.user, programme),
        },
    )


def lesson(request: Request, slug: str, pk: int) -> HttpResponse:
    programme = open_programme(slug)
    COMMUNITY_POLICY.require(request.user, "view", programme)
    found = get_object_or_404(services.lessons_of(programme), pk=pk)
    return render(request, "community/lesson.html", {"programme": programme, "lesson": found})


def new_lesson(request: Request, slug: str) -> HttpResponse:
    programme = open_programme(slug)
    COMMUNITY_POLICY.require(request.user, "write_lesson", programme)
    form = LessonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        created = services.create_lesson(programme, by=request.user, **form.cleaned_data)
        messages.success(request, _("Leçon enregistrée."))
        return redirect("community:lesson", slug, created.pk)
    return _form(
        request, form, _("Écrire une leçon"), reverse("community:lessons", args=[slug]), programme=programme
    )


def new_exchange(request: Request, slug: str) -> HttpResponse:
    programme = open_programme(slug)
    COMMUNITY_POLICY.require(request.user, "ask", programme)
    form = ExchangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        created = services.ask(programme, by=request.user, **form.cleaned_data)
        return redirect("community:exchange", slug, created.pk)
    return _form(
        request, form, _("Poser une question"), reverse("community:lessons", args=[slug]), programme=programme
    )


def exchange(request: Request, slug: str, pk: int) -> HttpResponse:
    """A question with its answers; a POST adds one."""
    programme = open_programme(slug)
    COMMUNITY_POLICY.require(request.user, "answer" if request.method == "POST" else "view", programme)
    found = get_object_or_404(programme.exchanges.select_related("author"), pk=pk)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.answer(found, by=request.user, text=form.cleaned_data["text"])
        messages.success(request, _("Réponse enregistrée."))
        return redirect("community:exchange", slug, pk)
    return render(
        request,
        "community/exchange.html",
        {
            "programme": programme,
            "exchange": found,
            "answers": found.answers.select_related("author"),
            "form": form,
            "can": COMMUNITY_POLICY.actions(request.user, programme),
        },
    )

"""What waits for a person in their sites: late or coming milestones, meetings to plan, money that ends, fidelity."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.organisations.permissions import organisation_ids
from essaim.platform.programmes.permissions import animator_regions, programmes_where, roles_on_programme
from essaim.platform.programmes.services import current_version
from essaim.platform.sites.following import last_of
from essaim.platform.sites.models import Commitment, CopilMeeting, Milestone, Site
from essaim.platform.todo import Todo

HORIZON = timedelta(days=30)
WEEK = timedelta(days=7)
COPIL_EVERY = timedelta(days=180)  # a COPIL that has not met for half a year no longer steers


def todo_for(user: Any) -> list[Todo]:
    """For a receiver, all that its sites wait for; for an animator, this week's steps; for a network, what is late."""
    today = timezone.localdate()
    mine = Site.objects.filter(structures__in=organisation_ids(user)).exclude(stage=Site.Stage.ENDED)
    received = list(mine.distinct().select_related("programme").prefetch_related("meetings", "fidelity"))
    return [
        *_newer_versions(received),
        *_derogations(user, received, today),
        *_milestones(Q(site__in=received, due__lte=today + HORIZON)),
        *(todo for site in received for todo in _site_todos(site, today)),
        *_renewals(mine, today),
        *_followed(user, today, [site.pk for site in received]),
    ]


def _url(site: Site) -> str:
    return reverse("sites:detail", args=[site.programme.slug, site.pk])


def _context(site: Site) -> str:
    return f"{site.programme.title} – {site.name}"


def _newer_versions(sites: list[Site]) -> list[Todo]:
    """Sites that follow a version which is no longer the one in force: their people look at what it changes."""
    current = {programme: current_version(programme) for programme in {site.programme for site in sites}}
    return [
        Todo(
            _("Voir ce que la version %(number)s du protocole change ici") % {"number": latest.number},
            reverse("programmes:upgrade", args=[site.programme.slug, site.pk]),
            _context(site),
        )
        for site in sites
        if (latest := current[site.programme]) and site.protocol_version_id not in (None, latest.pk)
    ]


def _derogations(user: Any, received: list[Site], today: date) -> list[Todo]:
    """For a network, derogations asked; for a site, those refused and those about to end: none of them is silent."""
    live = ~Q(site__stage=Site.Stage.ENDED)
    asked = Q(site__programme__in=programmes_where(user, "decide_proposal"), asked__gt=0)
    soon = (today + HORIZON).isoformat()
    ending = Q(site__in=received) & (Q(refused__gt=0) | (Q(granted_until__lte=soon) & ~Q(granted_until="")))
    todos = []
    for condition, to_answer in ((asked, True), (ending, False)):
        found = last_of(condition & live).select_related("site__programme").defer("document")
        for revision in found:
            title = _("Répondre à une dérogation demandée")
            if not to_answer:
                title = (
                    _("Une dérogation est refusée : revoir la décision")
                    if revision.refused
                    else _("Une dérogation prend fin : la redemander ou suivre le protocole")
                )
            address = reverse("programmes:adaptation", args=[revision.site.programme.slug, revision.site_id])
            todos.append(Todo(title, address, _context(revision.site)))
    return todos


def _milestones(condition: Q) -> list[Todo]:
    waiting = Milestone.objects.filter(condition, done_on=None).select_related("site__programme")
    return [Todo(m.title, _url(m.site) + "#milestones", _context(m.site), m.due) for m in waiting]


def _site_todos(site: Site, today: date) -> list[Todo]:
    todos = []
    meetings = list(site.meetings.all())
    if not any(meeting.held_on >= today - COPIL_EVERY for meeting in meetings):
        todos.append(Todo(_("Réunir le COPIL"), _url(site) + "#copil", _context(site)))
    todos += [
        Todo(
            _("Rédiger le compte rendu : %(title)s") % {"title": meeting.title},
            _meeting_url(site, meeting),
            _context(site),
        )
        for meeting in meetings
        if meeting.held_on < today and not meeting.minutes
    ]
    if site.stage in Site.OPENED and not any(entry.assessor == "self" for entry in site.fidelity.all()):
        todos.append(
            Todo(_("Faire la première auto-évaluation de fidélité"), _url(site) + "#fidelity", _context(site))
        )
    return todos


def _meeting_url(site: Site, meeting: CopilMeeting) -> str:
    return reverse("sites:part_edit", args=[site.programme.slug, site.pk, "meetings", meeting.pk])


def _renewals(sites: QuerySet[Site], today: date) -> list[Todo]:
    asked = Commitment.objects.filter(
        site__in=sites, renewal_by__isnull=False, renewal_by__lte=today + 3 * HORIZON
    ).select_related("site__programme")
    return [
        Todo(
            _("Demander le renouvellement : %(funder)s") % {"funder": commitment.funder},
            _url(commitment.site) + "#money",
            _context(commitment.site),
            commitment.renewal_by,
        )
        for commitment in asked
        if commitment.site
    ]


def _followed(user: Any, today: date, already: list[int]) -> list[Todo]:
    """Steps of the sites that a network or an animator follows, without those they receive themselves."""
    wanted = Q(pk__in=[])
    for programme in programmes_where(user, "view_network"):
        roles = roles_on_programme(user, programme)
        late = Q(site__programme=programme, due__lt=today)
        if "network" in roles:
            wanted |= late
        elif "animator" in roles:
            regions = animator_regions(user, programme)
            reach = Q(site__region_code__in=regions) if regions else Q()
            wanted |= Q(site__programme=programme, due__lte=today + WEEK) & reach
    return _milestones(wanted & ~Q(site__in=already) & ~Q(site__stage=Site.Stage.ENDED))

"""Pages of campaigns: the list of a programme, one campaign, and what the network prepares."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.campaigns import forms, path, services
from essaim.platform.campaigns.models import Campaign
from essaim.platform.campaigns.permissions import (
    CAMPAIGN_POLICY,
    RECEIVING_KINDS,
    eligible_organisations,
)
from essaim.platform.http import Request
from essaim.platform.organisations import services as organisations
from essaim.platform.programmes import services as programmes
from essaim.platform.programmes.permissions import POLICY as PROGRAMME_POLICY
from essaim.platform.programmes.permissions import animator_regions, roles_on_programme


def campaign_for(request: Request, slug: str, pk: int, action: str) -> Campaign:
    """The campaign when the person may do ``action`` on it; 404 or 403 otherwise."""
    found = get_object_or_404(
        Campaign.objects.select_related("programme").prefetch_related("programme__roles", "invitations"),
        pk=pk,
        programme__slug=slug,
    )
    CAMPAIGN_POLICY.require(request.user, action, found)
    return found


def campaigns(request: Request, slug: str) -> HttpResponse:
    """The campaigns the person may see: a structure follows its own even when the programme is kept to the network."""
    programme = programmes.programme_by_slug(slug)
    every = programme.campaigns.select_related("programme").prefetch_related(
        "programme__roles", "invitations"
    )
    visible = [c for c in every if CAMPAIGN_POLICY.can(request.user, "view", c)]
    mine = [a for a in path.applications_for(request.user) if a.campaign.programme_id == programme.pk]
    can = PROGRAMME_POLICY.actions(request.user, programme)
    if not ("view" in can or visible or mine):
        raise Http404
    context = {"programme": programme, "campaigns": visible, "mine": mine, "can": can}
    return render(request, "campaigns/campaigns.html", context)


def create(request: Request, slug: str) -> HttpResponse:
    programme = programmes.programme_for(request.user, slug, "create_campaign")
    form = forms.CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            created = services.create_campaign(programme, **form.values())
        except ValidationError as error:
            forms.put_errors(form, error)
        else:
            messages.success(
                request, _("Campagne créée : relisez ses étapes et ses questions, puis publiez-la.")
            )
            return redirect("campaigns:campaign", slug=slug, pk=created.pk)
    return render(
        request,
        "campaigns/create.html",
        {"programme": programme, "form": form, "selection": services.protocol_selection(programme)},
    )


@login_not_required
def campaign(request: Request, slug: str, pk: int) -> HttpResponse:
    """One campaign; without an account when the network shows it to everybody."""
    found = campaign_for(request, slug, pk, "view")
    question_set = found.question_sets.first()
    mine = [a for a in path.applications_for(request.user) if a.campaign_id == found.pk]
    return render(
        request,
        "campaigns/campaign.html",
        {
            "programme": found.programme,
            "campaign": found,
            "questions": question_set.questions if question_set else [],
            "mine": mine,
            "can": CAMPAIGN_POLICY.actions(request.user, found),
            "invitations": found.invitations.select_related("organisation", "by"),
            "eligible": eligible_organisations(request.user, found),
        },
    )


def edit(request: Request, slug: str, pk: int) -> HttpResponse:
    found = campaign_for(request, slug, pk, "edit")
    form = forms.CampaignForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_campaign(found, **form.values())
        except ValidationError as error:
            forms.put_errors(form, error)
        else:
            messages.success(request, _("Campagne enregistrée."))
            return redirect("campaigns:campaign", slug=slug, pk=pk)
    return render(
        request, "campaigns/edit.html", {"programme": found.programme, "campaign": found, "form": form}
    )


def edit_steps(request: Request, slug: str, pk: int) -> HttpResponse:
    found = campaign_for(request, slug, pk, "edit")
    formset = forms.StepFormSet(request.POST or None, initial=found.steps)
    problem = ""
    if request.method == "POST" and formset.is_valid():
        try:
            services.update_campaign(found, steps=forms.steps_from(formset))
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            messages.success(request, _("Étapes enregistrées."))
            return redirect("campaigns:campaign", slug=slug, pk=pk)
    context = {"programme": found.programme, "campaign": found, "formset": formset, "problem": problem}
    return render(request, "campaigns/edit_steps.html", context)


def edit_questions(request: Request, slug: str, pk: int) -> HttpResponse:
    found = campaign_for(request, slug, pk, "edit")
    current = found.question_sets.first()
    before = current.questions if current else []
    formset = forms.QuestionFormSet(request.POST or None, initial=forms.question_rows(before))
    problem = ""
    if request.method == "POST" and formset.is_valid():
        try:
            written = services.write_questions(found, forms.questions_from(formset, before))
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            messages.success(
                request, _("Questions enregistrées (version %(version)d).") % {"version": written.version}
            )
            return redirect("campaigns:campaign", slug=slug, pk=pk)
    context = {"programme": found.programme, "campaign": found, "formset": formset, "problem": problem}
    return render(request, "campaigns/edit_questions.html", context | {"question_set": current})


@require_POST
def publish(request: Request, slug: str, pk: int) -> HttpResponse:
    found = campaign_for(request, slug, pk, "publish")
    services.publish(found)
    messages.success(request, _("Campagne publiée."))
    return redirect("campaigns:campaign", slug=slug, pk=pk)


def close(request: Request, slug: str, pk: int) -> HttpResponse:
    found = campaign_for(request, slug, pk, "close")
    if request.method == "POST":
        services.close(found)
        messages.success(request, _("Campagne close : les candidatures déposées restent à décider."))
        return redirect("campaigns:campaign", slug=slug, pk=pk)
    return render(request, "campaigns/close.html", {"programme": found.programme, "campaign": found})


def invite(request: Request, slug: str, pk: int) -> HttpResponse:
    found = campaign_for(request, slug, pk, "invite")
    receiving = organisations.organisations_of_kinds(*RECEIVING_KINDS)
    form = forms.InviteForm(request.POST or None, organisations=receiving)
    if request.method == "POST" and form.is_valid():
        try:
            services.invite_structure(found, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            forms.put_errors(form, error)
        else:
            messages.success(request, _("Structure invitée : elle le verra dans « Ce que j’ai à faire »."))
            return redirect("campaigns:campaign", slug=slug, pk=pk)
    return render(
        request, "campaigns/invite.html", {"programme": found.programme, "campaign": found, "form": form}
    )


def applications(request: Request, slug: str, pk: int) -> HttpResponse:
    """The network's table: every application that has left its author's hands, with what makes it fragile."""
    found = campaign_for(request, slug, pk, "view_applications")
    everywhere = "network" in roles_on_programme(request.user, found.programme)
    regions = None if everywhere else animator_regions(request.user, found.programme)
    return render(
        request,
        "campaigns/applications.html",
        {
            "programme": found.programme,
            "campaign": found,
            "rows": [_row(application) for application in services.applications_of(found, regions)],
            "everywhere": everywhere,
        },
    )


def _row(application: Any) -> dict[str, Any]:
    findings = path.fragilities(application)
    return {
        "application": application,
        "next": path.next_step(application),
        "teams": len(application.commitments.all()),
        "people": path.people_committed(application),
        "fragile": [finding for finding in findings if finding.verdict == "fragile"],
    }

"""Pages of an application: begun, written, committed team by team, walked step by step, decided."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.campaigns import forms, path, services
from essaim.platform.campaigns.models import Application, TeamCommitment
from essaim.platform.campaigns.permissions import APPLICATION_POLICY, eligible_organisations
from essaim.platform.campaigns.questions import build_form, readable
from essaim.platform.campaigns.views import campaign_for
from essaim.platform.http import Request


def application_for(request: Request, slug: str, pk: int, action: str) -> Application:
    """The application when the person may do ``action`` on it; 404 or 403 otherwise."""
    found = get_object_or_404(
        Application.objects.select_related(
            "campaign__programme", "organisation", "question_set"
        ).prefetch_related(
            "campaign__programme__roles", "step_records__by", "commitments", "transitions__by"
        ),
        pk=pk,
        campaign__programme__slug=slug,
    )
    APPLICATION_POLICY.require(request.user, action, found)
    return found


def week(request: Request) -> HttpResponse:
    """« Mes étapes de la semaine »: what an animator accompanies, late first."""
    return render(request, "campaigns/week.html", {"appointments": path.appointments_for(request.user)})


def apply(request: Request, slug: str, pk: int) -> HttpResponse:
    campaign = campaign_for(request, slug, pk, "apply")
    organisations = eligible_organisations(request.user, campaign)
    initial = {
        "organisation": organisations[0].pk,
        "territory_level": "commune",
        "territory_code": organisations[0].commune,
        "contact_name": request.user.name,
        "contact_email": request.user.email,
    }
    form = forms.ApplicationForm(request.POST or None, organisations=organisations, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            begun = services.apply(campaign, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            forms.put_errors(form, error)
        else:
            messages.success(
                request, _("Candidature commencée : elle se garde et se reprend quand vous voulez.")
            )
            return redirect("campaigns:application", slug=slug, pk=begun.pk)
    context = {"programme": campaign.programme, "campaign": campaign, "form": form}
    return render(request, "campaigns/apply.html", context)


def application(request: Request, slug: str, pk: int) -> HttpResponse:
    found = application_for(request, slug, pk, "view")
    findings = path.fragilities(found)
    return render(
        request,
        "campaigns/application.html",
        {
            "programme": found.campaign.programme,
            "campaign": found.campaign,
            "application": found,
            "can": APPLICATION_POLICY.actions(request.user, found),
            "steps": path.steps_of(found),
            "answers": readable(found.question_set.questions, found.answers),
            "missing": services.unanswered(found),
            "findings": findings,
            "fragile": sum(finding.verdict == "fragile" for finding in findings),
            "people": path.people_committed(found),
        },
    )


def _page(request: Request, found: Application, template: str, form: Any, **more: Any) -> HttpResponse:
    context = {"programme": found.campaign.programme, "campaign": found.campaign, "application": found}
    return render(request, f"campaigns/{template}.html", {**context, "form": form, **more})


def edit(request: Request, slug: str, pk: int) -> HttpResponse:
    found = application_for(request, slug, pk, "edit")
    mine = eligible_organisations(request.user, found.campaign)
    form = forms.ApplicationForm(request.POST or None, instance=found, organisations=mine)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_application(found, **form.cleaned_data)
        except ValidationError as error:
            forms.put_errors(form, error)
        else:
            return redirect("campaigns:application", slug=slug, pk=pk)
    return _page(request, found, "edit_application", form)


def answers(request: Request, slug: str, pk: int) -> HttpResponse:
    """Write answers; an incomplete file is kept as it is and finished later."""
    found = application_for(request, slug, pk, "edit")
    questions = found.question_set.questions
    form = build_form(questions, request.POST or None, found.answers, complete=False)
    if request.method == "POST" and form.is_valid():
        services.save_answers(found, form.cleaned_data)
        messages.success(request, _("Réponses gardées."))
        return redirect("campaigns:application", slug=slug, pk=pk)
    return _page(request, found, "answers", form)


def submit(request: Request, slug: str, pk: int) -> HttpResponse:
    """Confirm the application: the fragilities are shown first, nothing is hidden from those who apply."""
    found = application_for(request, slug, pk, "submit")
    if request.method == "POST":
        try:
            services.submit(found, request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Candidature déposée."))
        return redirect("campaigns:application", slug=slug, pk=pk)
    fragile = [finding for finding in path.fragilities(found) if finding.verdict == "fragile"]
    return _page(request, found, "submit", None, fragile=fragile, missing=services.unanswered(found))


def team(request: Request, slug: str, pk: int) -> HttpResponse:
    found = application_for(request, slug, pk, "commit_team")
    form = forms.TeamForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            services.commit_team(found, **form.cleaned_data)
        except ValidationError as error:
            forms.put_errors(form, error)
        else:
            messages.success(request, _("Engagement noté."))
            return redirect("campaigns:application", slug=slug, pk=pk)
    return _page(request, found, "team", form)


def remove_team(request: Request, slug: str, pk: int, commitment: int) -> HttpResponse:
    found = application_for(request, slug, pk, "commit_team")
    row = get_object_or_404(TeamCommitment, pk=commitment, application=found)
    if request.method == "POST":
        services.remove_commitment(row)
        messages.success(request, _("Engagement retiré."))
        return redirect("campaigns:application", slug=slug, pk=pk)
    return _page(request, found, "remove_team", None, commitment=row)


def step(request: Request, slug: str, pk: int, step: str) -> HttpResponse:
    found = application_for(request, slug, pk, "record_step")
    view = next((view for view in path.steps_of(found) if view.step["id"] == step), None)
    if view is None:
        raise Http404
    form = forms.StepRecordForm(request.POST or None, instance=view.record)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_step(found, step, request.user, **form.cleaned_data)
        except ValidationError as error:
            forms.put_errors(form, error)
        else:
            messages.success(request, _("Étape notée."))
            return redirect("campaigns:application", slug=slug, pk=pk)
    return _page(request, found, "step", form, view=view)


def decide(request: Request, slug: str, pk: int) -> HttpResponse:
    found = application_for(request, slug, pk, "decide")
    form = forms.DecisionForm(request.POST or None, state=found.state)
    if request.method == "POST" and form.is_valid():
        try:
            services.decide(found, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            forms.put_errors(form, error)
        else:
            messages.success(request, _("Décision enregistrée."))
            return redirect("campaigns:application", slug=slug, pk=pk)
    fragile = [finding for finding in path.fragilities(found) if finding.verdict == "fragile"]
    return _page(request, found, "decide", form, fragile=fragile)


def withdraw(request: Request, slug: str, pk: int) -> HttpResponse:
    found = application_for(request, slug, pk, "withdraw")
    form = forms.WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.withdraw(found, request.user, form.cleaned_data["reason"])
        messages.success(request, _("Candidature retirée."))
        return redirect("campaigns:application", slug=slug, pk=pk)
    return _page(request, found, "withdraw", form)

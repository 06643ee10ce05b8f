"""Passing to a newer version: one site, with its choices; or the whole network, in the background."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.programmes import network_upgrade, upgrading
from essaim.platform.programmes.adapting import decision_in_words
from essaim.platform.programmes.forms_adaptation import UpgradeForm
from essaim.platform.programmes.models import NetworkUpgrade, Programme, ProtocolVersion
from essaim.platform.programmes.permissions import POLICY
from essaim.platform.programmes.services import current_version, programme_for
from essaim.platform.programmes.views_adaptation import site_of


def _newer(request: Request, slug: str, pk: int) -> tuple[Any, ProtocolVersion | None]:
    """The site, and the version it may pass to (``None``: it follows the one in force)."""
    site = site_of(request, slug, pk, "adapt")
    latest = current_version(site.programme)
    if site.protocol_version is None or latest is None or latest.pk == site.protocol_version_id:
        messages.info(request, _("Le site suit déjà la version en vigueur."))
        return site, None
    return site, latest


def upgrade(request: Request, slug: str, pk: int) -> HttpResponse:
    """What a newer version changes for the site: choose where both changed, keep for later or see the outcome."""
    site, latest = _newer(request, slug, pk)
    if latest is None:
        return redirect("programmes:adaptation", slug=slug, pk=pk)
    work = upgrading.start(site, latest)
    form = UpgradeForm(request.POST if request.method == "POST" else None, work=work)
    if request.method == "POST":
        upgrading.keep_choices(site, latest, form.given())
        if "later" in request.POST:
            messages.success(request, _("Vos choix sont gardés : vous les retrouverez ici."))
            return redirect("programmes:upgrade", slug=slug, pk=pk)
        if form.is_valid():
            try:
                upgrading.outcome(work, form.given())
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return redirect("programmes:upgrade_outcome", slug=slug, pk=pk)
    context = {
        "programme": site.programme,
        "site": site,
        "latest": latest,
        "work": work,
        "form": form,
        "back": reverse("programmes:adaptation", args=[slug, pk]),
    }
    return render(request, "programmes/upgrade.html", context)


def upgrade_outcome(request: Request, slug: str, pk: int) -> HttpResponse:
    """What the site's adaptation will be with the choices made; confirm, or go back to them."""
    site, latest = _newer(request, slug, pk)
    if latest is None:
        return redirect("programmes:adaptation", slug=slug, pk=pk)
    work = upgrading.start(site, latest)
    try:
        if request.method == "POST":
            upgrading.confirm(site, latest, work.choices, by=request.user)
            messages.success(request, _("Le site suit la version %(number)s.") % {"number": latest.number})
            return redirect("programmes:adaptation", slug=slug, pk=pk)
        final = upgrading.outcome(work, work.choices)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        return redirect("programmes:upgrade", slug=slug, pk=pk)
    still = {decision.id for decision in final.decisions}
    context = {
        "programme": site.programme,
        "site": site,
        "latest": latest,
        "work": work,
        "after": [
            (upgrading.title_of(work.new, upgrading.place_of(d)), decision_in_words(work.new, d))
            for d in final.decisions
        ],
        "gone": [
            (upgrading.title_of(work.base, upgrading.place_of(d)), decision_in_words(work.base, d))
            for d in work.upgrade.site.decisions
            if d.id not in still
        ],
        "back": reverse("programmes:upgrade", args=[slug, pk]),
    }
    return render(request, "programmes/upgrade_outcome.html", context)


def network(request: Request, slug: str) -> HttpResponse:
    """How many sites are behind the version in force; foreseeing what it changes for each begins from here."""
    programme = programme_for(request.user, slug, "upgrade_network")
    target = current_version(programme)
    if request.method == "POST":
        try:
            run = network_upgrade.start(programme, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("programmes:network_upgrade", slug=slug)
        return redirect("programmes:network_upgrade_run", slug=slug, pk=run.pk)
    context = {
        "programme": programme,
        "target": target,
        "behind": network_upgrade.behind(programme, target),
        "runs": programme.network_upgrades.select_related("target", "author"),
    }
    return render(request, "programmes/network_upgrade.html", context)


ACTS = {"stop": network_upgrade.stop, "resume": network_upgrade.resume}
SHOWN = 100
"""Sites listed on one page."""


def network_run(request: Request, slug: str, pk: int) -> HttpResponse:
    """What is foreseen for each site, to be confirmed; then how far the passage is and what became of each."""
    programme = programme_for(request.user, slug, "view_network")
    run = _run(programme, pk)
    if request.method == "POST":
        POLICY.require(request.user, "upgrade_network", programme)
        try:
            if "confirm" in request.POST:
                network_upgrade.confirm(run, by=request.user)
            for name, act in ACTS.items():
                if name in request.POST:
                    act(run)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("programmes:network_upgrade_run", slug=slug, pk=pk)
    judged = (run.steps if run.confirmed_at else run.forecasts).select_related("site")
    asked = request.GET.get("outcome", "")
    outcome = asked if asked in network_upgrade.Outcome.values else ""
    found = judged.filter(outcome=outcome) if outcome else judged
    context = _progress_context(programme, run) | {
        "can": POLICY.actions(request.user, programme),
        "page": Paginator(found, SHOWN).get_page(request.GET.get("page")),
        "outcome": outcome,
        "outcomes": network_upgrade.Outcome.choices,
    }
    return render(request, "programmes/network_upgrade_run.html", context)


def network_progress(request: Request, slug: str, pk: int) -> HttpResponse:
    """The counts, asked again by the page while the passage goes on; then the page loads itself anew."""
    programme = programme_for(request.user, slug, "view_network")
    run = _run(programme, pk)
    response = render(request, "programmes/network_upgrade_progress.html", _progress_context(programme, run))
    if not run.is_active:
        response["HX-Refresh"] = "true"
    return response


def _run(programme: Programme, pk: int) -> NetworkUpgrade:
    return get_object_or_404(programme.network_upgrades.select_related("target", "author"), pk=pk)


def _progress_context(programme: Programme, run: NetworkUpgrade) -> dict[str, Any]:
    tally = network_upgrade.tally(run)
    done = sum(tally.values())
    return {
        "programme": programme,
        "run": run,
        "done": done,
        "total": max(run.total, done),
        "moved": tally[network_upgrade.Outcome.MOVED],
        "waits": tally[network_upgrade.Outcome.WAITS],
        "failed": tally[network_upgrade.Outcome.FAILED],
    }

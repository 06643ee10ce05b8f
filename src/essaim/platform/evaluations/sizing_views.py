"""Pages that size a plan before it is frozen: smallest effect it could detect, sites that a wave can take."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from essaim.platform.evaluations import services, services_draws, sizing
from essaim.platform.evaluations.forms_sizing import CapacityForm, SizingForm
from essaim.platform.evaluations.permissions import POLICY
from essaim.platform.form_errors import report
from essaim.platform.http import Request


def power(request: Request, slug: str, pk: int) -> HttpResponse:
    """The smallest effect over a grid of correlations; asked by GET, kept in the draft by POST."""
    plan = services.plan_for(request.user, slug, pk, "edit" if request.method == "POST" else "view")
    given = request.POST if request.method == "POST" else request.GET
    form = SizingForm(given or None, initial=SizingForm.of(plan.sizing))
    found = plan.sizing or None
    if form.is_bound and form.is_valid():
        try:
            if request.method == "POST":
                services.record_sizing(plan, form.cleaned_data)
                messages.success(request, _("Puissance gardée dans le plan : elle sera gelée avec lui."))
                return redirect("evaluations:plan", slug, pk)
            found = sizing.computed(form.cleaned_data)
        except ValidationError as error:
            report(form, error)
            found = None
    context = {
        "programme": plan.programme,
        "plan": plan,
        "form": form,
        "found": found,
        "chart": sizing.chart(found, plan.smallest_effect) if found else "",
        "held": services_draws.live_draw(plan),
        "can": POLICY.actions(request.user, plan),
    }
    return render(request, "evaluations/power.html", context)


def capacity(request: Request, slug: str, pk: int) -> HttpResponse:
    plan = services.plan_for(request.user, slug, pk)
    form = CapacityForm(request.GET or None)
    found, read = None, {}
    if form.is_bound and form.is_valid():
        read = {name: form.fields[name].prepare_value(form.cleaned_data[name]) for name in CapacityForm.MEANS}
        needs = {name: form.cleaned_data[name] for name in CapacityForm.NEEDS}
        try:
            found = sizing.places(form.cleaned_data["coordinators"], form.cleaned_data["days"], needs)
        except ValidationError as error:
            report(form, error)
    context = {
        "programme": plan.programme,
        "plan": plan,
        "form": form,
        "found": found,
        "read": read,
        "places": ", ".join(str(wave.sites) for wave in found) if found else "",
        "total": sum(wave.sites for wave in found) if found else 0,
        "can": POLICY.actions(request.user, plan),
    }
    return render(request, "evaluations/capacity.html", context)

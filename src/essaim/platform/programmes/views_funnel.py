"""The innovation funnel: board, page of an innovation, gates."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.organisations.permissions import organisation_ids
from essaim.platform.programmes import services
from essaim.platform.programmes.forms import FoundingForm, GateForm, InnovationForm
from essaim.platform.programmes.funnel import board, next_stages
from essaim.platform.programmes.models import Innovation
from essaim.platform.programmes.permissions import INNOVATION_POLICY


def innovations(request: Request) -> HttpResponse:
    columns = board(services.innovations_of(request.user))
    can_spot = bool(organisation_ids(request.user, "manager", "member"))
    return render(request, "programmes/innovations.html", {"columns": columns, "can_spot": can_spot})


def new_innovation(request: Request) -> HttpResponse:
    if not organisation_ids(request.user, "manager", "member"):
        raise PermissionDenied(_("Il faut faire partie d’une organisation pour signaler une innovation."))
    form = InnovationForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        innovation = services.spot(**form.cleaned_data)
        messages.success(request, _("Innovation repérée."))
        return redirect("programmes:innovation", pk=innovation.pk)
    context = {
        "form": form,
        "title": _("Signaler une innovation"),
        "submit": _("L’ajouter au repérage"),
        "back": reverse("programmes:innovations"),
    }
    return render(request, "programmes/edit.html", context)


def _innovation(pk: int) -> Innovation:
    found = Innovation.objects.select_related("owner", "programme").prefetch_related("programme__roles")
    return get_object_or_404(found, pk=pk)


def innovation(request: Request, pk: int) -> HttpResponse:
    one = _innovation(pk)
    INNOVATION_POLICY.require(request.user, "view", one)
    context = {
        "innovation": one,
        "decisions": one.decisions.all(),
        "can": INNOVATION_POLICY.actions(request.user, one),
        "gates": next_stages(one),
    }
    return render(request, "programmes/innovation.html", context)


def gate(request: Request, pk: int) -> HttpResponse:
    one = _innovation(pk)
    INNOVATION_POLICY.require(request.user, "decide", one)
    form = GateForm(request.POST or None, innovation=one)
    if request.method == "POST" and form.is_valid():
        try:
            services.pass_gate(one, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Décision enregistrée, avec sa raison."))
            return redirect("programmes:innovation", pk=pk)
    context = {
        "form": form,
        "title": _("Décider de la suite : %(title)s") % {"title": one.title},
        "lead": _("Aujourd’hui : %(stage)s.") % {"stage": one.get_stage_display()},
        "submit": _("Enregistrer la décision"),
        "back": reverse("programmes:innovation", args=[pk]),
    }
    return render(request, "programmes/edit.html", context)


def found(request: Request, pk: int) -> HttpResponse:
    """Turn an innovation into a programme, with the essence of its protocol."""
    one = _innovation(pk)
    INNOVATION_POLICY.require(request.user, "decide", one)
    form = FoundingForm(request.POST or None, initial={"title": one.title, "summary": one.summary})
    if request.method == "POST" and form.is_valid():
        try:
            programme = services.found_programme(one, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Le programme est ouvert ; son protocole commence par son essence."))
            return redirect("programmes:protocol", slug=programme.slug)
    context = {
        "form": form,
        "title": _("Faire de cette innovation un programme"),
        "submit": _("Ouvrir le programme"),
        "back": reverse("programmes:innovation", args=[pk]),
    }
    return render(request, "programmes/edit.html", context)

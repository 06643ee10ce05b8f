"""The steps of a study: scope, criteria, weights; beside each, a first look that moves with every change.

Every step is a plain form. Where scripts run, a change of the form asks for the look alone (``look``, ``new_look``),
which computes, shows and writes nothing.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.http import Request
from essaim.platform.programmes import services as programmes
from essaim.platform.territories import forms, reading, services, sources
from essaim.platform.territories.looking import first_look
from essaim.platform.territories.models import Study
from essaim.platform.territories.views import page, study_for

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme


def create(request: Request, slug: str) -> HttpResponse:
    programme = programmes.programme_for(request.user, slug, "create_study")
    form = forms.ScopeForm(request.POST or None)
    document = _begun(programme, form)
    if request.method == "POST" and document is not None:
        try:
            made = services.create_study(programme, document["title"], document, request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect("territories:criteria", slug=slug, pk=made.pk)
    said = _("La carte se dessine dès la première réponse, et suit chaque changement.")
    context = {"programme": programme, "form": form, "look_said": said, "picks": True}
    return render(request, "territories/create.html", context)


def _begun(programme: "Programme", form: forms.ScopeForm) -> dict[str, Any] | None:
    """The beginning that a valid form states, with the criteria proposed to start from."""
    if not form.is_valid():
        return None
    document = form.document()
    return document | {
        "criteria": services.starting_criteria(programme, document["unit"]),
        "weights": [],
    }


@require_POST
def new_look(request: Request, slug: str) -> HttpResponse:
    """The first look at a study that does not exist yet."""
    programme = programmes.programme_for(request.user, slug, "create_study")
    posted = request.POST.copy()
    posted["title"] = posted.get("title") or _("Étude sans titre")
    document = _begun(programme, forms.ScopeForm(posted))
    return render(request, "territories/_look.html", first_look(programme, document, live=True, picks=True))


def scope(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "edit")
    form = forms.ScopeForm(request.POST or None, initial=forms.ScopeForm.initial_of(found.document))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_document(found, **form.document())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect("territories:criteria", slug=slug, pk=pk)
    return _step(request, found, "scope", form=form, step=1)


def criteria(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "edit")
    measures = sources.measures_for(found.programme, found.document["unit"])
    initial = forms.criterion_rows(measures, found.document["criteria"])
    formset = forms.CriterionFormSet(request.POST or None, initial=initial)
    problem: list[str] = []
    if request.method == "POST" and formset.is_valid():
        chosen = forms.criteria_from(formset, measures)
        try:
            if not chosen:
                raise ValidationError(_("Une étude demande au moins un critère."))
            services.update_document(found, criteria=chosen)
        except ValidationError as error:
            problem = error.messages
        else:
            return redirect("territories:weights", slug=slug, pk=pk)
    rows = [(form, measures[row["indicator"]]) for form, row in zip(formset.forms, initial, strict=False)]
    return _step(request, found, "criteria", formset=formset, rows=rows, problem=problem, step=2)


def weights(request: Request, slug: str, pk: int) -> HttpResponse:
    """Say what is known of the weights; a script takes the desk alone from the whole page."""
    found = study_for(request, slug, pk, "edit")
    measures = sources.measures_for(found.programme, found.document["unit"])
    form = forms.WeightForm(request.POST or None, names=reading.names_of(found.document, measures))
    if request.method == "POST" and form.is_valid():
        try:
            services.add_weight(found, form.sentence())
        except ValidationError as error:
            form.add_error(None, error.messages)
            found.refresh_from_db()
        else:
            return redirect("territories:weights", slug=slug, pk=pk)
    sentences = reading.weights_in_words(found.document, measures)
    live_session = services.live_session(found)
    return _step(request, found, "weights", form=form, sentences=sentences, live_session=live_session, step=3)


def _step(request: Request, found: Study, template: str, **context: Any) -> HttpResponse:
    return page(
        request,
        found,
        template,
        **first_look(found.programme, found.document, picks=template == "scope"),
        **context,
    )


@require_POST
def look(request: Request, slug: str, pk: int, step: str) -> HttpResponse:
    """The first look at the study as the form of a step now says it."""
    found = study_for(request, slug, pk, "edit")
    if step not in _FIELDS:
        raise Http404
    fields = _FIELDS[step](request, found)
    document = None if fields is None else services.restated(found.document, fields)
    return page(
        request, found, "_look", **first_look(found.programme, document, live=True, picks=step == "scope")
    )


def _scope_fields(request: Request, _found: Study) -> Mapping[str, Any] | None:
    form = forms.ScopeForm(request.POST)
    return form.document() if form.is_valid() else None


def _criteria_fields(request: Request, found: Study) -> Mapping[str, Any] | None:
    formset = forms.CriterionFormSet(request.POST)
    if not formset.management_form.is_valid():
        return None
    formset.is_valid()
    measures = sources.measures_for(found.programme, found.document["unit"])
    return {"criteria": forms.criteria_from(formset, measures)}


_FIELDS = {"scope": _scope_fields, "criteria": _criteria_fields}


@require_POST
def remove_weight(request: Request, slug: str, pk: int, position: int) -> HttpResponse:
    found = study_for(request, slug, pk, "edit")
    try:
        services.remove_weight(found, position)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("territories:weights", slug=slug, pk=pk)

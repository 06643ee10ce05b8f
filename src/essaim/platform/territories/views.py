"""Pages of a study: its list, its ranking, explanations, decisions, exports."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.http import Request
from essaim.platform.programmes import services as programmes
from essaim.platform.programmes.permissions import POLICY as PROGRAMME_POLICY
from essaim.platform.telling import refusal, tell
from essaim.platform.territories import exports, forms, ranking, reading, services, sources, telling
from essaim.platform.territories.models import Study
from essaim.platform.territories.permissions import SESSION_POLICY, STUDY_POLICY
from essaim.territory import explain as explanations
from essaim.territory.study import StudyError, from_yaml, to_dict

SHOWN = 100
LIKELY = 0.01  # territories that enter with fewer weights than this are folded away
MOST_YAML_BYTES = 200_000


def study_for(request: Request, slug: str, pk: int, action: str) -> Study:
    """The study when the person may do ``action`` on it; 404 or 403 otherwise."""
    found = get_object_or_404(
        Study.objects.select_related("programme", "author", "copied_from").prefetch_related(
            "programme__roles", "decisions__by"
        ),
        pk=pk,
        programme__slug=slug,
    )
    STUDY_POLICY.require(request.user, action, found)
    return found


def page(request: Request, found: Study, template: str, **context: Any) -> HttpResponse:
    can = STUDY_POLICY.actions(request.user, found)
    tabs = PROGRAMME_POLICY.can(request.user, "view", found.programme)
    shared = {"programme": found.programme, "study": found, "can": can, "tabs": tabs}
    return render(request, f"territories/{template}.html", shared | context)


def studies(request: Request, slug: str) -> HttpResponse:
    programme = programmes.programme_for(request.user, slug)
    every = programme.studies.select_related("programme", "author").prefetch_related("programme__roles")
    visible = [s for s in every.defer("inputs") if STUDY_POLICY.can(request.user, "view", s)]
    can = PROGRAMME_POLICY.actions(request.user, programme)
    indicators = programme.indicators.defer("data", "names") if "view_network" in can else []
    context = {"programme": programme, "studies": visible, "can": can, "indicators": indicators}
    return render(request, "territories/studies.html", context)


def replay(request: Request, slug: str) -> HttpResponse:
    """A study from its YAML, as the command line writes it."""
    programme = programmes.programme_for(request.user, slug, "create_study")
    form = forms.ReplayForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            document = _read_yaml(form.cleaned_data["file"])
            made = services.create_study(programme, document["title"], document, request.user)
        except ValidationError as error:
            form.add_error("file", error.messages)
        else:
            return redirect("territories:study", slug=slug, pk=made.pk)
    return render(request, "territories/replay.html", {"programme": programme, "form": form})


def _read_yaml(file: Any) -> dict[str, Any]:
    if file.size > MOST_YAML_BYTES:
        raise ValidationError(_("Ce fichier est trop gros pour être une étude (200 Ko au plus)."))
    try:
        return to_dict(from_yaml(file.read().decode("utf-8")))
    except UnicodeDecodeError as error:
        raise ValidationError(_("Ce fichier n’est pas du texte en UTF-8.")) from error
    except StudyError as error:
        raise refusal(error) from error


def study(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "view")
    measures = sources.measures_for(found.programme, found.document["unit"])
    rows = reading.table_rows(found.rows(), found)
    context: dict[str, Any] = {
        "scope": reading.scope_in_words(found.document),
        "criteria": reading.criteria_in_words(found, measures),
        "weights": reading.weights_in_words(found.document, measures),
        "step": 4,
        "sessions": [s for s in found.weight_sessions.all() if SESSION_POLICY.can(request.user, "view", s)],
    }
    if found.result:
        context |= {
            "rows": [r for r in rows if r["top_share"] >= LIKELY or r["proposed"] or r["decision"]][:SHOWN],
            "others": [r for r in rows if r["top_share"] < LIKELY and r["status"] == "possible"][:SHOWN],
            "count": found.result["count"],
            "statuses": found.result["statuses"],
            "map": reading.ranking_map(found),
            "doubt": services.point_doubt(found),
            "left_out": found.result["left_out"],
            "provenance": found.result["provenance"],
            "origins": (found.inputs or {}).get("origins", []),
            "undecided": [c for c in found.proposed() if c not in {d.code for d in found.decisions.all()}],
        }
    return page(request, found, "study", **context)


@require_POST
def run(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "run")
    try:
        services.start(found, request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("territories:weights", slug=slug, pk=pk)
    return redirect("territories:study", slug=slug, pk=pk)


def progress(request: Request, slug: str, pk: int) -> HttpResponse:
    """Where a long ranking is; the page polls it and reloads itself at the end."""
    found = study_for(request, slug, pk, "view")
    response = page(request, found, "_progress")
    if not found.is_computing:
        response["HX-Refresh"] = "true"
    return response


def explain(request: Request, slug: str, pk: int, code: str) -> HttpResponse:
    """Why this territory is where it is; the committee's decision on it is taken here."""
    found = study_for(request, slug, pk, "view")
    can = STUDY_POLICY.actions(request.user, found)
    decision = next((d for d in found.decisions.all() if d.code == code), None)
    initial = {"kept": "yes" if decision.kept else "no", "reason": decision.reason} if decision else {}
    form = forms.DecisionForm(request.POST or None, initial=initial) if "decide" in can else None
    if request.method == "POST":
        STUDY_POLICY.require(request.user, "decide", found)
        if form is not None and form.is_valid():
            try:
                services.decide(found, code, by=request.user, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, _("Décision enregistrée."))
                return redirect("territories:study", slug=slug, pk=pk)
    context: dict[str, Any] = {"code": code, "decision": decision, "form": form}
    return page(request, found, "explain", **context, **_explained(found, code))


def _explained(found: Study, code: str) -> dict[str, Any]:
    """The explanation of a ranked territory, or why it has none; 404 for a code out of the study."""
    try:
        name = services.name_of(found, code)
    except ValidationError as error:
        raise Http404 from error
    proposed = code in found.proposed()
    try:
        again = ranking.replay(found)
        told = explanations.explain(again, code)
    except StudyError as error:
        return {"name": name, "problem": tell(error.said), "proposed": proposed}
    return {"name": name, "told": told, "sentences": telling.told(again, told), "proposed": proposed}


def accept(request: Request, slug: str, pk: int) -> HttpResponse:
    """Keep the whole proposal, after having read it once more."""
    found = study_for(request, slug, pk, "decide")
    proposed = [(code, services.name_of(found, code)) for code in found.proposed()] if found.inputs else []
    if request.method == "POST":
        kept = services.accept_proposal(found, request.user)
        messages.success(request, _("%(count)d territoires retenus.") % {"count": len(kept)})
        return redirect("territories:study", slug=slug, pk=pk)
    return page(request, found, "accept", proposed=proposed)


@require_POST
def copy(request: Request, slug: str, pk: int) -> HttpResponse:
    made = services.copy_study(study_for(request, slug, pk, "copy"), request.user)
    messages.success(request, _("Reprise créée : la première étude reste telle quelle."))
    return redirect("territories:scope", slug=slug, pk=made.pk)


def delete(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "delete")
    if request.method == "POST":
        services.delete_study(found)
        messages.success(request, _("Étude effacée."))
        return redirect("territories:studies", slug=slug)
    return page(request, found, "delete")


def file_response(content: str | bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def export_yaml(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "export")
    try:
        content = exports.study_yaml(found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("territories:study", slug=slug, pk=pk)
    return file_response(content, "application/yaml", f"{slug}-etude-{pk}.yaml")


def export_data(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "export")
    return file_response(exports.data_csv(found), "text/csv", f"{slug}-etude-{pk}-donnees.csv")


def export_ranking(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "export")
    return file_response(exports.ranking_csv(found), "text/csv", f"{slug}-etude-{pk}-classement.csv")


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_table(request: Request, slug: str, pk: int, kind: str) -> HttpResponse:
    """The ranking as a workbook or on a map; a study that is not ranked says so."""
    found = study_for(request, slug, pk, "export")
    name = f"{slug}-etude-{pk}-classement.{kind}"
    try:
        if not found.result:
            raise ValidationError(_("Cette étude n’est pas classée : rien à emporter encore."))
        if kind == "xlsx":
            return file_response(exports.ranking_xlsx(found), XLSX, name)
        return file_response(exports.ranking_geojson(found), "application/geo+json", name)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("territories:study", slug=slug, pk=pk)

"""Pages of sites and waves: all of them in one table, one by one, brought in from a spreadsheet."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.form_errors import report
from essaim.platform.http import Request
from essaim.platform.programmes.permissions import POLICY as PROGRAMME
from essaim.platform.programmes.services import programme_by_slug, programme_for
from essaim.platform.sites import imports, overview, services
from essaim.platform.sites.forms import (
    ClosingForm,
    EmailForm,
    ImportForm,
    SiteForm,
    StageForm,
    WaveForm,
)
from essaim.platform.sites.models import Site
from essaim.platform.sites.permissions import POLICY, visible_sites
from essaim.protocol import codec

FILTERS = ("stage", "region", "wave", "late", "text")


def site_of(request: Request, slug: str, pk: int, action: str = "view") -> Site:
    """The site of an address, when it is this programme's and the person may do ``action``."""
    site = services.site_for(request.user, pk, action)
    if site.programme.slug != slug:
        raise Http404
    return site


def sites(request: Request, slug: str) -> HttpResponse:
    """Every site that the person follows, in one table."""
    programme = programme_by_slug(slug)
    seen = visible_sites(request.user, programme)
    filters = {name: request.GET.get(name, "").strip() for name in FILTERS}
    rows = overview.site_table(seen, filters)
    context = {
        "programme": programme,
        "rows": rows,
        "late": sum(bool(site.late) for site, _next in rows),
        "total": seen.count(),
        "filters": filters,
        "filtered": any(filters.values()),
        "choices": overview.filter_choices(seen),
        "can": PROGRAMME.actions(request.user, programme),
    }
    return render(request, "sites/sites.html", context)


def detail(request: Request, slug: str, pk: int) -> HttpResponse:
    site = site_of(request, slug, pk)
    can = POLICY.actions(request.user, site)
    context = {
        "programme": site.programme,
        "site": site,
        "can": can,
        "can_programme": PROGRAMME.actions(request.user, site.programme),
        "closing": getattr(site, "closing", None),
        "structures": services.structures_of(site),
        "stage_changes": site.stage_changes.all(),
        "team": site.team.all(),
        "milestones": site.milestones.all(),
        "adaptation": services.adaptation_summary(site),
        "fidelity": services.fidelity_table(site),
    }
    if "view_copil" in can:
        context |= {"copil": site.copil.all(), "meetings": site.meetings.all()}
    if "view_money" in can:
        context["money"] = overview.money_of(site.commitments.prefetch_related("lines"))
    return render(request, "sites/detail.html", context)


def _site_form(request: Request, form: SiteForm, context: dict[str, Any]) -> HttpResponse:
    return render(request, "sites/form.html", {"form": form, "tab": "sites", **context})


def create(request: Request, slug: str) -> HttpResponse:
    programme = programme_for(request.user, slug, "create_site")
    form = SiteForm(request.POST or None, programme=programme)
    if request.method == "POST" and form.is_valid():
        try:
            site = services.create_site(programme, **form.cleaned_data)
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, _("Site créé. Il est au stade de l’exploration."))
            return redirect("sites:detail", slug=slug, pk=site.pk)
    context = {
        "programme": programme,
        "title": _("Nouveau site"),
        "submit": _("Créer le site"),
        "back": reverse("sites:sites", args=[slug]),
    }
    return _site_form(request, form, context)


def edit(request: Request, slug: str, pk: int) -> HttpResponse:
    site = site_of(request, slug, pk, "edit")
    form = SiteForm(request.POST or None, instance=site, programme=site.programme)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_site(site, **form.cleaned_data)
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, _("Site enregistré."))
            return redirect("sites:detail", slug=slug, pk=pk)
    context = {
        "programme": site.programme,
        "title": _("Modifier %(site)s") % {"site": site.name},
        "submit": _("Enregistrer"),
        "back": reverse("sites:detail", args=[slug, pk]),
    }
    return _site_form(request, form, context)


def stage(request: Request, slug: str, pk: int) -> HttpResponse:
    site = site_of(request, slug, pk, "change_stage")
    form = StageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_stage(site, **form.cleaned_data)
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, _("Stade enregistré."))
            return redirect("sites:detail", slug=slug, pk=pk)
    context = {
        "programme": site.programme,
        "form": form,
        "tab": "sites",
        "title": _("Changer de stade : %(site)s") % {"site": site.name},
        "lead": _("Le site est au stade « %(stage)s ».") % {"stage": site.get_stage_display()},
        "submit": _("Enregistrer"),
        "back": reverse("sites:detail", args=[slug, pk]),
    }
    return render(request, "sites/form.html", context)


def close(request: Request, slug: str, pk: int) -> HttpResponse:
    site = site_of(request, slug, pk, "close")
    form = ClosingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.close_site(site, by=request.user, **form.closing())
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, _("Le site est clos, et sa leçon gardée."))
            return redirect("sites:detail", slug=slug, pk=pk)
    context = {
        "programme": site.programme,
        "form": form,
        "tab": "sites",
        "title": _("Clore le site %(site)s") % {"site": site.name},
        "lead": _(
            "Une expérimentation a le droit d’échouer ; ce qu’elle a appris ne doit pas se perdre. Ce que le site a "
            "enregistré reste consultable ; il ne change plus."
        ),
        "submit": _("Clore le site"),
        "danger": True,
        "back": reverse("sites:detail", args=[slug, pk]),
    }
    return render(request, "sites/form.html", context)


def invite(request: Request, slug: str, pk: int, structure: int) -> HttpResponse:
    """Bring in the first person of a structure that receives the site; afterwards it invites its own."""
    site = site_of(request, slug, pk, "edit")
    organisation = get_object_or_404(site.structures, pk=structure)
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        link = request.build_absolute_uri(reverse("organisations:accept", args=["TOKEN"]))
        try:
            invitation = services.invite_receiver(
                site, organisation, email=form.cleaned_data["email"], by=request.user, link=link
            )
        except ValidationError as error:
            report(form, error)
        else:
            link = link.replace("TOKEN", invitation.token)
            messages.success(
                request,
                _("Invitation envoyée à %(email)s. Son lien personnel : %(link)s")
                % {"email": invitation.email, "link": link},
            )
            return redirect("sites:detail", slug=slug, pk=pk)
    context = {
        "programme": site.programme,
        "form": form,
        "tab": "sites",
        "title": _("Inviter %(structure)s") % {"structure": organisation.name},
        "lead": _(
            "Une première personne entre comme responsable de la structure ; elle invite ensuite son équipe."
        ),
        "submit": _("Envoyer l’invitation"),
        "back": reverse("sites:detail", args=[slug, pk]),
    }
    return render(request, "sites/form.html", context)


# Spreadsheet import: the preview waits in the session, nothing is written until it is confirmed


def import_file(request: Request, slug: str) -> HttpResponse:
    programme = programme_for(request.user, slug, "import_sites")
    form = ImportForm(request.POST or None, request.FILES or None)
    preview, seen = None, ""
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        if file.size > settings.MAX_UPLOAD_BYTES:
            form.add_error("file", _("Ce fichier est trop lourd : envoyer seulement le tableau des sites."))
        else:
            preview = imports.read_sites(file, set(services.site_names(programme)))
            request.session[_key(programme)] = preview.rows if preview.ready else []
            seen = codec.fingerprint(preview.rows)
    context = {
        "programme": programme,
        "form": form,
        "preview": preview,
        "seen": seen,
        "columns": imports.COLUMNS,
    }
    return render(request, "sites/import.html", context)


@require_POST
def import_confirm(request: Request, slug: str) -> HttpResponse:
    programme = programme_for(request.user, slug, "import_sites")
    rows = request.session.get(_key(programme), [])
    if not rows or request.POST.get("seen") != codec.fingerprint(rows):
        messages.error(
            request, _("Cet aperçu a déjà servi, ou un autre l’a remplacé : en demander un nouveau.")
        )
        return redirect("sites:import", slug=slug)
    del request.session[_key(programme)]
    try:
        written = services.import_sites(programme, rows)
    except ValidationError as error:
        messages.error(request, _("Rien n’a été écrit : %(why)s") % {"why": error.messages[0]})
        return redirect("sites:import", slug=slug)
    messages.success(request, _("%(count)s sites ajoutés.") % {"count": len(written)})
    return redirect("sites:sites", slug=slug)


def _key(programme: Any) -> str:
    return f"sites-import-{programme.pk}"


# Waves


def waves(request: Request, slug: str) -> HttpResponse:
    programme = programme_for(request.user, slug, "view_network")
    found = list(services.sites_of(programme))
    context = {
        "programme": programme,
        "rows": overview.wave_plan(programme.waves.all(), found),
        "years": overview.openings_by_year(found),
        "can": PROGRAMME.actions(request.user, programme),
    }
    return render(request, "sites/waves.html", context)


def wave_new(request: Request, slug: str) -> HttpResponse:
    programme = programme_for(request.user, slug, "create_site")
    form = WaveForm(request.POST or None, initial={"number": programme.waves.count() + 1})
    if request.method == "POST" and form.is_valid():
        try:
            services.create_wave(programme, **form.cleaned_data)
        except ValidationError as error:
            report(form, error)
        else:
            messages.success(request, _("Vague enregistrée."))
            return redirect("sites:waves", slug=slug)
    return _wave_form(request, programme, form, _("Nouvelle vague"))


def wave_edit(request: Request, slug: str, pk: int) -> HttpResponse:
    programme = programme_for(request.user, slug, "create_site")
    wave = get_object_or_404(programme.waves, pk=pk)
    form = WaveForm(request.POST or None, instance=wave)
    if request.method == "POST" and form.is_valid():
        services.save_wave(wave, **form.cleaned_data)
        messages.success(request, _("Vague enregistrée."))
        return redirect("sites:waves", slug=slug)
    return _wave_form(request, programme, form, str(wave))


def _wave_form(request: Request, programme: Any, form: WaveForm, title: str) -> HttpResponse:
    context = {
        "programme": programme,
        "form": form,
        "tab": "sites",
        "title": title,
        "submit": _("Enregistrer"),
        "back": reverse("sites:waves", args=[programme.slug]),
    }
    return render(request, "sites/form.html", context)

"""A person's own table in three steps: send, declare, check; only then is it written."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.programmes import services as programmes
from essaim.platform.territories import own_tables, services
from essaim.platform.territories.models import Indicator, Upload
from essaim.platform.territories.own_forms import DeclareForm, UploadForm


def upload(request: Request, slug: str) -> HttpResponse:
    """Step one: the file is looked at before anything else."""
    programme = programmes.programme_for(request.user, slug, "create_study")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        kept = services.keep_upload(programme, file.name, file.read(), request.user)
        seen = own_tables.look(kept)
        if seen.problem is None:
            return redirect("territories:declare", slug=slug, pk=kept.pk)
        kept.delete()
        form.add_error("file", str(seen.problem))
    return render(request, "territories/upload.html", {"programme": programme, "form": form})


def declare(request: Request, slug: str, pk: int) -> HttpResponse:
    """Step two: say what the columns are. Step three: read what will be written, then confirm."""
    programme = programmes.programme_for(request.user, slug, "create_study")
    kept = get_object_or_404(Upload, pk=pk, programme=programme, by=request.user)
    seen = own_tables.look(kept)
    form = DeclareForm(request.POST or None, preview=seen)
    checked = None
    if request.method == "POST" and form.is_valid():
        if request.POST.get("step") == "confirm":
            try:
                made = services.make_indicator(kept, form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(
                    request, _("Indicateur « %(label)s » prêt à servir de critère.") % {"label": made}
                )
                return redirect("territories:studies", slug=slug)
        elif request.POST.get("step") == "check":
            checked = own_tables.check(kept, form.cleaned_data)
    context = {"programme": programme, "upload": kept, "seen": seen, "form": form, "checked": checked}
    return render(request, "territories/declare.html", context)


def delete(request: Request, slug: str, pk: int) -> HttpResponse:
    programme = programmes.programme_for(request.user, slug, "create_study")
    indicator = get_object_or_404(Indicator, pk=pk, programme=programme)
    if request.method == "POST":
        services.delete_indicator(indicator)
        messages.success(request, _("Indicateur retiré."))
        return redirect("territories:studies", slug=slug)
    context = {"programme": programme, "indicator": indicator}
    return render(request, "territories/delete_indicator.html", context)

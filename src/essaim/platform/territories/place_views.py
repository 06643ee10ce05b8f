"""Pages of territories: search, and what is known of one, each fact with its source, date and level."""

from typing import cast

from django.http import Http404, HttpResponse
from django.shortcuts import render

from essaim.platform.http import Request
from essaim.platform.territories import places
from essaim.territory import lookup
from essaim.territory.codes import LEVEL_LABELS, LEVELS, Level


def search(request: Request) -> HttpResponse:
    asked = request.GET.get("q", "").strip()[:100]
    found = lookup.search(asked, limit=30) if asked else []
    rows = [{"place": place, "level": LEVEL_LABELS[place.level]} for place in found]
    return render(request, "territories/search.html", {"asked": asked, "rows": rows})


def place(request: Request, level: str, code: str) -> HttpResponse:
    known = places.find(cast(Level, level), code) if level in LEVELS else None
    if known is None:
        raise Http404
    return render(request, "territories/place.html", {"place": known} | places.facts(known))

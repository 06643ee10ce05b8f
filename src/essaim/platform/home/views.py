"""First pages: the cycle for a newcomer, the desk of each role for a person who is logged in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render

from essaim.platform.demo import services as demo
from essaim.platform.home import cycle, services
from essaim.platform.home import teachings as taught
from essaim.platform.http import Request


@login_not_required
def home(request: Request) -> HttpResponse:
    if request.user.is_authenticated:
        return render(request, "home/desk.html", {"desk": services.desk(request.user)})
    return the_cycle(request)


@login_not_required
def the_cycle(request: Request) -> HttpResponse:
    context = {"stages": cycle.stages(), "demo_people": demo.people()}
    return render(request, "home/welcome.html", context)


@login_not_required
def teachings(request: Request) -> HttpResponse:
    return render(request, "home/teachings.html", {"teachings": taught.teachings(request.user)})

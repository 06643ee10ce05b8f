"""First pages: the cycle for a newcomer, the desk of each role for a person who is logged in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render

from essaim.platform.http import Request


@login_not_required
def home(request: Request) -> HttpResponse:
    return render(request, "home/welcome.html")

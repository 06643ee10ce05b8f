"""Entering the demonstration in one click."""

from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from essaim.platform.demo import services
from essaim.platform.http import Request


@login_not_required
@require_POST
def enter(request: Request) -> HttpResponse:
    """Log in as one of the demonstration's accounts; 404 anywhere else."""
    email = request.POST.get("email", "")
    if email not in {person.email for person in services.people()}:
        raise Http404
    user = get_object_or_404(get_user_model(), email=email)
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return redirect("home")

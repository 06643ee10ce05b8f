"""The person's own page."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from essaim.platform.accounts import services
from essaim.platform.accounts.forms import ProfileForm
from essaim.platform.http import Request
from essaim.platform.organisations.permissions import memberships


def profile(request: Request) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        user = services.update_profile(request.user, **form.cleaned_data)
        messages.success(request, _("Profil enregistré."))
        response = redirect("account_profile")
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response
    context = {"form": form, "memberships": memberships(request.user)}
    return render(request, "accounts/profile.html", context)

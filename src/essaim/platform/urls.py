"""All addresses of the site: one prefix a domain."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("", include("essaim.platform.home.urls")),
    path("accounts/", include("essaim.platform.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("organisations/", include("essaim.platform.organisations.urls")),
    path("", include("essaim.platform.programmes.urls")),
    path("", include("essaim.platform.community.urls")),
    path("", include("essaim.platform.sites.urls")),
    path("", include("essaim.platform.toolbox.urls")),
    path("", include("essaim.platform.evaluations.urls")),
    path("demo/", include("essaim.platform.demo.urls")),
    path("", include("essaim.platform.opendata.urls")),
    path("", include("essaim.platform.territories.urls")),
    path("", include("essaim.platform.campaigns.urls")),
]

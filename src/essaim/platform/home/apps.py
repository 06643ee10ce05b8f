from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "essaim.platform.home"
    verbose_name = _("Accueil")

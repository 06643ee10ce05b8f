from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransferConfig(AppConfig):
    name = "essaim.platform.transfer"
    verbose_name = _("Export et import")

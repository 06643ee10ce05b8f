"""What the committee of a network says of a version before it is published."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Opinion(models.Model):
    """One opinion on one state of a draft: what is changed afterwards is to be read again."""

    class Stance(models.TextChoices):
        AGREE = "agree", _("d’accord pour publier")
        CHANGE = "change", _("à revoir avant de publier")

    version = models.ForeignKey(
        "programmes.ProtocolVersion", models.CASCADE, related_name="opinions", verbose_name=_("version relue")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    stance = models.CharField(_("avis"), max_length=10, choices=Stance)
    text = models.TextField(_("ce qu’il faut en retenir"), blank=True)
    sha256 = models.CharField(_("empreinte de ce qui a été relu"), max_length=64)
    created_at = models.DateTimeField(_("donné le"), auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("avis du comité")
        verbose_name_plural = _("avis du comité")

    def __str__(self) -> str:
        return f"{self.version} – {self.get_stance_display()}"

"""The estimation as a background task: it says how far it is, and ends with a result or a reason."""

import logging

from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from essaim.evaluation import EvaluationError
from essaim.platform.audit import writing_as
from essaim.platform.background.recovery import when_abandoned
from essaim.platform.evaluations import panels, report
from essaim.platform.evaluations.models import Estimate
from essaim.words import kept

logger = logging.getLogger(__name__)


@task()
def run_estimate(pk: int) -> None:
    """Estimate what row ``pk`` asks; whatever happens, the row says it."""
    estimated = Estimate.objects.select_related("panel__plan", "author").get(pk=pk)
    with writing_as(estimated.author):
        try:
            _run(estimated)
        except EvaluationError as error:
            estimated.report = {"reason": kept(error.said)}
            _end(estimated, Estimate.State.FAILED, str(error))
        except Exception:
            logger.exception("estimate %s", pk)
            _end(
                estimated,
                Estimate.State.FAILED,
                _("L’estimation s’est arrêtée sur une erreur du logiciel. L’équipe technique en a la trace."),
            )


@when_abandoned(run_estimate)
def _give_up(pk: int) -> None:
    estimated = Estimate.objects.select_related("author").get(pk=pk)
    with writing_as(estimated.author):
        _end(
            estimated,
            Estimate.State.FAILED,
            _("Le calcul a été interrompu trop de fois : il est abandonné. Le relancer ; s’il s’arrête encore, "
              "le panel est sans doute trop grand pour cette machine."),
        )  # fmt: skip


def _run(estimated: Estimate) -> None:
    _advance(estimated, 10, _("Lecture du panel"))
    with estimated.panel.file.open("rb") as file:
        content = file.read()
    if panels.fingerprint(content) != estimated.panel_sha256:
        raise EvaluationError(
            _("Le fichier du panel n’est plus celui qui avait été ajouté : son empreinte a changé.")
        )
    frame, panel = panels.load(content)
    _advance(estimated, 40, _("Estimation des effets"))
    estimated.result, estimated.report = report.compute(
        frame,
        panel,
        report.options_of(estimated.options),
        estimated.plan.smallest_effect,
        report.record_of(estimated),
    )
    _end(estimated, Estimate.State.DONE, "")


def _advance(estimated: Estimate, progress: int, message: str) -> None:
    estimated.state, estimated.progress, estimated.message = Estimate.State.RUNNING, progress, message
    estimated.save()


def _end(estimated: Estimate, state: str, message: str) -> None:
    estimated.state, estimated.message, estimated.progress = state, message, 100
    estimated.finished_at = timezone.now()
    estimated.save()

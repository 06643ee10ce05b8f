"""Studies, their ranking and the decisions taken on it: every write goes through here."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.audit import writer, writing_as
from essaim.platform.campaigns import services as campaigns
from essaim.platform.telling import refusal
from essaim.platform.territories import own_tables, ranking, sources, wave
from essaim.platform.territories.grafting import describe_graft as describe_graft
from essaim.platform.territories.models import (
    Decision,
    Indicator,
    Study,
    Upload,
    Version,
    WeightSession,
)
from essaim.platform.territories.waiting import todo_for as todo_for
from essaim.territory.criteria import FAMILIES
from essaim.territory.study import FORMAT

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.programmes.models import Programme

IMMEDIATE_SCORES = 100_000_000
"""Territories × draws × criteria above which the ranking is computed by the task worker (about a second here)."""


def create_study(
    programme: "Programme", title: str, document: Mapping[str, Any], by: "User", *, simulated: bool = False
) -> Study:
    """A study in preparation. Without criteria the document is a beginning; with them it is checked whole.

    The wave that a document asks for waits for the ranking: the form that composes it starts from there.
    """
    stated = _checked({**document, "title": title})
    study = Study(programme=programme, title=title, author=by, simulated=simulated)
    study.wave, study.document = stated.get("wave") or {}, {**stated, "wave": None}
    study.full_clean()
    study.save()
    return study


def _checked(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in its canonical form; a beginning without criteria keeps its shape."""
    if document.get("criteria"):
        return ranking.normalised(dict(document))
    begun = {"format": FORMAT, "criteria": [], "weights": [], "scope": {}, "k": 10, **document}
    if begun["unit"] not in sources.UNITS:
        raise ValidationError(
            {"unit": _("Unité inconnue ; choix possibles : %(units)s.") % {"units": ", ".join(sources.UNITS)}}
        )
    return begun


def update_document(study: Study, **fields: Any) -> Study:
    """Change what the study states; its former ranking goes, since it answers another question.

    Errors: ``ValidationError`` when the document no longer holds together, or when decisions were taken on it.
    """
    if study.state == Study.State.DECIDED:
        raise ValidationError(
            _("Des décisions s’appuient sur cette étude : en faire une reprise pour la changer.")
        )
    document = _checked(restated(study.document, fields))
    if document["criteria"] != study.document["criteria"] and live_session(study):
        raise ValidationError(
            _("Une séance de poids est en cours sur ces critères : la terminer ou l’abandonner d’abord.")
        )
    study.document = document
    study.title = study.document["title"]
    study.state, study.result, study.inputs, study.portfolio = Study.State.DRAFT, None, None, None
    study.result_sha256, study.ranked_at = "", None
    study.run_state, study.run_message = Study.Run.IDLE, ""
    study.full_clean()
    study.save()
    return study


def restated(document: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The document with these fields; constraints on the weights of a criterion that went go with it."""
    stated = {**document, **fields}
    keys = {criterion["key"] for criterion in stated["criteria"]}
    families = {criterion["family"] for criterion in stated["criteria"]}
    stated["weights"] = [w for w in stated["weights"] if _names(w) <= keys | families]
    return stated


def _names(sentence: str) -> set[str]:
    """Criteria and families that a sentence on weights speaks of."""
    cleaned = "".join(c if c.isalnum() or c == "_" else " " for c in sentence)
    return {word for word in cleaned.split() if not word[0].isdigit()}


def add_weight(study: Study, sentence: str) -> Study:
    """One more constraint on the weights; a contradiction names the sentences that clash."""
    return update_document(study, weights=[*study.document["weights"], sentence])


def remove_weight(study: Study, position: int) -> Study:
    weights = list(study.document["weights"])
    if not 0 <= position < len(weights):
        raise ValidationError(_("Cette contrainte n’existe plus."))
    del weights[position]
    return update_document(study, weights=weights)


def live_session(study: Study) -> WeightSession | None:
    """The weights session that is taking answers or being discussed, if any."""
    return study.weight_sessions.filter(
        state__in=(WeightSession.State.OPEN, WeightSession.State.REVEALED)
    ).first()


def table_of(study: Study) -> Any:
    """The table that the study would be run on today."""
    document = study.document
    keys = [criterion["indicator"] for criterion in document["criteria"]]
    return sources.table_for(study.programme, document["unit"], keys)


def trial(programme: "Programme", document: Mapping[str, Any]) -> Study:
    """The study that this document would make, ranked with few draws; nothing is written.

    Errors: ``ValidationError`` when the document does not hold together or cannot be ranked.
    """
    study = Study(programme=programme, title=document["title"], document=_checked(document))
    if study.document["criteria"]:
        try:
            table = table_of(study)
        except ranking.REFUSALS as error:
            raise refusal(error) from error
        study.result = ranking.result_of(ranking.quick(ranking.read_document(study.document), table))
    return study


def is_long(study: Study) -> bool:
    """Whether the ranking is worth a background task."""
    document = study.document
    table = table_of(study)
    scores = len(table.codes) * document.get("samples", 10_000) * len(document["criteria"])
    return scores > IMMEDIATE_SCORES


@transaction.atomic
def run_study(study: Study) -> Study:
    """Rank the territories now and keep the data used, the result and its fingerprint.

    Errors: ``ValidationError`` (French) when a criterion has no data, the scope is empty, k is too large…
    """
    if study.state == Study.State.DECIDED:
        raise ValidationError(_("Cette étude est décidée : en faire une reprise pour la recalculer."))
    document = ranking.read_document(study.document)
    try:
        table = table_of(study)
        inputs = ranking.inputs_of(document, table)
    except ranking.REFUSALS as error:
        raise refusal(error) from error
    found = ranking.rank(document, ranking.table_of(inputs))
    keys = [criterion.indicator for criterion in document.criteria]
    inputs["origins"] = sources.origins_of(study.programme, document.unit, keys)
    study.inputs, study.result = inputs, ranking.result_of(found)
    study.result_sha256 = ranking.fingerprint(study.result)
    study.state, study.ranked_at, study.portfolio = Study.State.RANKED, timezone.now(), None
    study.run_state, study.run_message = Study.Run.IDLE, ""
    study.full_clean()
    study.save()
    _keep_version(study)
    return study


def _keep_version(study: Study) -> None:
    """Freeze what was just ranked; the same result twice is one version."""
    last = study.versions.defer("document", "inputs", "result").first()
    if last is not None and last.result_sha256 == study.result_sha256:
        return
    version = Version(
        study=study,
        number=last.number + 1 if last else 1,
        document=study.document,
        inputs=study.inputs,
        result=study.result,
        result_sha256=study.result_sha256,
        by=writer(),
    )
    version.full_clean()
    version.save()


def start(study: Study, by: "User") -> Study:
    """Run at once when it is quick; otherwise hand it to the task worker, and the page follows its progress."""
    if not is_long(study):
        return run_study(study)
    from essaim.platform.territories.tasks import run_later  # the task calls this module

    ranking.read_document(study.document)
    _progress(study, Study.Run.WAITING, _("En attente du calcul."))
    run_later.enqueue(study.pk, by.pk)
    study.refresh_from_db()
    return study


def run_in_background(study_pk: int, by: "User") -> None:
    """What the task does: each stage is written, and a refusal is kept for the person to read."""
    study = Study.objects.select_related("programme").get(pk=study_pk)
    with writing_as(by):
        _progress(study, Study.Run.RUNNING, _("Lecture des données et tirage des poids."))
        try:
            run_study(study)
        except ValidationError as error:
            study.refresh_from_db()
            _progress(study, Study.Run.FAILED, " ".join(error.messages))
        except Exception:
            study.refresh_from_db()
            _progress(
                study,
                Study.Run.FAILED,
                _("Le calcul s’est arrêté sur une erreur ; elle est dans le journal."),
            )
            raise


def give_up(study_pk: int, by: "User") -> None:
    """What becomes of a ranking whose every attempt was interrupted."""
    with writing_as(by):
        _progress(
            Study.objects.get(pk=study_pk),
            Study.Run.FAILED,
            _(
                "Le calcul a été interrompu trop de fois : il est abandonné. Le relancer avec moins de tirages."
            ),
        )


def _progress(study: Study, state: str, message: str) -> None:
    study.run_state, study.run_message = state, message
    study.save()


def copy_study(study: Study, by: "User", title: str = "") -> Study:
    """A new version in preparation, with the same statement; the first stays as it was decided."""
    document = {**study.document, "title": title or _("%(title)s (reprise)") % {"title": study.title}}
    copy = create_study(study.programme, document["title"], document, by)
    copy.copied_from, copy.wave = study, study.wave
    copy.save()
    return copy


def delete_study(study: Study) -> None:
    if study.decisions.exists():
        raise ValidationError(_("Une étude décidée ne s’efface pas."))
    study.delete()


@transaction.atomic
def decide(study: Study, code: str, kept: bool, reason: str, by: "User") -> Decision:
    """Record the committee's decision on one territory; against the proposal, it says its reason.

    A territory of the scope that was not ranked may be kept too, with a reason.
    """
    if study.state == Study.State.DRAFT:
        raise ValidationError(_("Classer d’abord les territoires : la décision s’appuie sur le classement."))
    overruled = kept != (code in study.proposed())
    if overruled and not reason.strip():
        raise ValidationError(
            {"reason": _("Une décision contraire à la proposition dit sa raison : elle figure sur la fiche.")}
        )
    decision = study.decisions.filter(code=code).first() or Decision(study=study, code=code)
    decision.name, decision.kept, decision.overruled = name_of(study, code), kept, overruled
    decision.reason, decision.by, decision.at = reason.strip(), by, timezone.now()
    decision.full_clean()
    decision.save()
    if study.state != Study.State.DECIDED:
        study.state = Study.State.DECIDED
        study.save()
    return decision


@transaction.atomic
def accept_proposal(study: Study, by: "User") -> list[Decision]:
    """Keep every proposed territory on which nothing was decided yet; one forced into the wave keeps its reason."""
    forced = dict(study.plan.inside) if study.plan else {}
    decided = set(study.decisions.values_list("code", flat=True))
    return [
        decide(study, code, True, forced.get(code, ""), by)
        for code in study.proposed()
        if code not in decided
    ]


@transaction.atomic
def choose_wave(study: Study, asked: Mapping[str, Any]) -> Study:
    """The wave of this ranking under the committee's constraints; it becomes the study's proposal.

    Errors: ``ValidationError`` naming the constraints that cannot hold together.
    """
    if study.state != Study.State.RANKED:
        raise ValidationError(_("La vague se choisit sur une étude classée et pas encore décidée."))
    plan = wave.read(asked)
    inputs = _priced(study, {budget.indicator for budget in plan.budgets})
    found = wave.choose_wave(ranking.replay(study), plan, ranking.table_of(inputs))
    study.inputs, study.wave, study.portfolio = inputs, asdict(plan), found
    study.full_clean()
    study.save()
    return study


def _priced(study: Study, keys: set[str]) -> dict[str, Any]:
    """The data of the study with the columns ``keys`` that price a budget, and where they come from."""
    unit, inputs = study.document["unit"], dict(study.inputs or {})
    lacking = keys - set(inputs["columns"])
    if not lacking:
        return inputs
    try:
        found = ranking.with_columns(inputs, sources.table_for(study.programme, unit, lacking), lacking)
    except ranking.REFUSALS as error:
        raise refusal(error) from error
    found["origins"] = [*inputs.get("origins", []), *sources.origins_of(study.programme, unit, lacking)]
    return found


def keep_upload(programme: "Programme", name: str, content: bytes, by: "User") -> Upload:
    """Keep a file until it is declared; those of a day ago that nobody declared go."""
    for old in Upload.objects.filter(at__lt=timezone.now() - timedelta(days=1)).defer("content"):
        old.delete()
    upload = Upload(programme=programme, name=name[:250], content=content, by=by)
    upload.full_clean()
    upload.save()
    return upload


@transaction.atomic
def make_indicator(upload: Upload, declared: Mapping[str, Any]) -> Indicator:
    """Read the whole file as declared, keep its components, and let the file go."""
    checked = own_tables.check(upload, declared)
    if not checked.ready:
        raise ValidationError(list(checked.problems) or [_("Aucune valeur lue dans ce tableau.")])
    taken = {*upload.programme.indicators.values_list("key", flat=True), *sources.reserved_keys()}
    told = {name: declared[name] for name in ("label", "unit", "source", "date", "licence", "definition")}
    indicator = Indicator(
        programme=upload.programme,
        key=own_tables.key_for(declared["label"], taken),
        level=checked.table.level,
        decimals=declared["decimals"],
        simulated=declared["simulated"],
        aggregation=own_tables.declared_aggregation(declared),
        data=[list(row) for row in checked.table.data.rows()],
        names=checked.names,
        file_name=upload.name,
        sha256=own_tables.sha256(upload),
        **told,
    )
    indicator.full_clean()
    indicator.save()
    upload.delete()
    return indicator


def delete_indicator(indicator: Indicator) -> None:
    """Studies already ranked keep the values they used."""
    indicator.delete()


def name_of(study: Study, code: str) -> str:
    """The name a study gives to a code; ``ValidationError`` when it is not of its scope."""
    inputs = study.inputs or {"codes": [], "names": []}
    names = dict(zip(inputs["codes"], inputs["names"], strict=True))
    if code not in names:
        raise ValidationError(_("%(code)s n’est pas dans le périmètre de l’étude.") % {"code": code})
    return str(names[code])


def kept_territories(programme: "Programme") -> list[Decision]:
    """Territories kept by the programme's decided studies, the last study first; sites and waves start from them."""
    found = Decision.objects.filter(study__programme=programme, kept=True).select_related("study")
    return list(found.order_by("-study__created_at", "name"))


def ranked_studies(programme: "Programme") -> list[Study]:
    """Studies that have a ranking, the last first."""
    return list(programme.studies.exclude(state=Study.State.DRAFT))


def starting_criteria(programme: "Programme", unit: str) -> list[dict[str, Any]]:
    """What a new study proposes: shipped real data only; declared interest once structures have applied for real."""
    measures = sources.measures_for(programme, unit)
    interest = measures.get(sources.INTEREST)
    rows = [
        ("far_share", "need", _("Loin d’une ville, l’offre est plus rare.")),
        ("population", "resources", _("Il faut assez d’habitants pour qu’un site vive.")),
    ]
    if interest is not None and not interest.simulated and _declared(programme):
        rows.append((sources.INTEREST, "interest", _("L’envie locale est la première condition.")))
    return [
        {"key": key, "indicator": key, "family": family, "reason": reason}
        for key, family, reason in rows
        if key in measures
    ]


def keys_for(programme: "Programme", unit: str) -> Callable[[str], str | None]:
    """A look-up: the indicator of this unit whose key is ``stem``, else the last of its vintages (``stem_2024_t4``)."""
    keys = sorted(sources.measures_for(programme, unit))

    def find(stem: str) -> str | None:
        dated = [key for key in keys if re.fullmatch(rf"{stem}_\d[\d_t]*", key)]
        return stem if stem in keys else dated[-1] if dated else None

    return find


def known_in_scope(programme: "Programme", document: Mapping[str, Any], least: float) -> set[str]:
    """Indicators of the document's criteria that are known in at least this share of its scope's territories.

    None when the scope is empty, or when its unit has no list of territories yet.
    """
    stated = ranking.read_document(_checked(document))
    try:
        table = sources.table_for(programme, stated.unit, [c.indicator for c in stated.criteria])
        kept = ranking.in_scope(stated, table)
    except ranking.REFUSALS:
        return set()
    return {
        key for key, column in kept.columns.items() if 1 - column.missing / max(len(kept.codes), 1) >= least
    }


def _declared(programme: "Programme") -> bool:
    return bool(campaigns.declared_interest(programme))


def families_used(document: Mapping[str, Any]) -> dict[str, str]:
    """Families that have a criterion: code → name in the reader’s language."""
    used = {criterion["family"] for criterion in document["criteria"]}
    return {family: _(label) for family, label in FAMILIES.items() if family in used}


def point_doubt(study: Study) -> dict[str, Any]:
    """Why the single point score says less than it seems, in figures of this ranking."""
    rows, k = study.rows(), int(study.document["k"])
    by_points = sorted(rows, key=lambda row: row["point_rank"])
    first, rest = by_points[:k], by_points[k:]
    gap = first[-1]["point_score"] - rest[0]["point_score"] if rest else math.nan
    return {
        "k": k,
        "unsure": [row for row in first if row["status"] != "certain"],
        "gap": 100 * gap,
        "same_set_percent": 100 * (study.result or {}).get("same_set_share", 0.0),
    }


def hold_session(
    study: Study, by: "User", answers: Mapping["User", list[str]], *, simulated: bool = False
) -> WeightSession:
    """A weights session opened, answered by these people and laid side by side."""
    from essaim.platform.territories import sessions  # it calls this module

    session = sessions.open_session(study, by, simulated=simulated)
    for person, sentences in answers.items():
        with writing_as(person):
            sessions.hand_in(sessions.add_sentences(sessions.seat_of(session, person), sentences))
    return sessions.reveal(session)

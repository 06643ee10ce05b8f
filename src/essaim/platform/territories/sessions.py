"""Shared weights sessions: opened, answered in private, laid side by side, adopted. Every write goes through here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.accounts import services as accounts
from essaim.platform.audit import writing_as
from essaim.platform.telling import refusal
from essaim.platform.territories import ranking, services
from essaim.platform.territories.models import Seat, Study, WeightSession
from essaim.territory.agreement import Agreement, agreement, order_sentences
from essaim.territory.weights import WeightError, weight_space

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

LEAST_VOICES = 2
DISCREET_VOICES = 3
"""With fewer voices, each guesses what the other said: the page warns."""
SAMPLES = 2_000
KEPT_STANDINGS = 2_000
State = WeightSession.State


def open_session(
    study: Study, by: "User", *, named: bool = False, note: str = "", simulated: bool = False
) -> WeightSession:
    """A session on the study's criteria, which stay as they are while it lives.

    Errors: ``ValidationError`` without two criteria, on a decided study, or when another session lives.
    """
    if study.state == Study.State.DECIDED:
        raise ValidationError(_("Cette étude est décidée : en faire une reprise pour discuter ses poids."))
    if len(study.document["criteria"]) < 2:
        raise ValidationError(_("Une séance de poids demande au moins deux critères à peser."))
    if services.live_session(study):
        raise ValidationError(_("Une séance est déjà ouverte sur cette étude : la terminer d’abord."))
    session = WeightSession(study=study, named=named, note=note.strip(), opened_by=by, simulated=simulated)
    session.full_clean()
    session.save()
    return session


def invite(session: WeightSession, email: str, by: "User", link: str) -> Seat:
    """A seat for this address, and its personal link by e-mail. ``link`` has ``TOKEN`` where the token goes."""
    _must_be(session, State.OPEN)
    email = email.lower()
    if session.seats.filter(email=email).exists():
        raise ValidationError(_("Cette personne est déjà invitée à cette séance."))
    seat = Seat(session=session, email=email)
    seat.full_clean()
    seat.save()
    send_mail(
        _("%(name)s vous demande ce qui pèse dans « %(study)s »") % {"name": by.name, "study": session.study},
        _(
            "Bonjour,\n\n%(name)s vous invite à dire, en privé, ce qui doit peser dans l’étude « %(study)s ».\n"
            "Ce lien vous est personnel :\n%(link)s\n"
        )
        % {"name": by.name, "study": session.study, "link": link.replace("TOKEN", seat.token)},
        None,
        [seat.email],
    )
    return seat


@transaction.atomic
def sit(seat: Seat, *, user: "User | None" = None, name: str = "", password: str = "") -> "User":
    """Take the seat with one's account, or with a new one opened for the invited address.

    Errors: ``ValidationError`` when answers are no longer taken, or when ``user`` is not the person invited.
    """
    seat = Seat.objects.select_for_update().select_related("session").get(pk=seat.pk)
    _must_be(seat.session, State.OPEN)
    if user is None:
        if has_account(seat):
            raise ValidationError(_("Un compte existe à cette adresse : se connecter d’abord."))
        user = accounts.open_account(seat.email, name=name, password=password)
    elif user.email.lower() != seat.email:
        raise ValidationError(
            _("Cette invitation est adressée à %(email)s : se connecter avec ce compte.")
            % {"email": seat.email}
        )
    with writing_as(user):
        seat.user = user
        seat.save()
    return user


def has_account(seat: Seat) -> bool:
    return get_user_model().objects.filter(email__iexact=seat.email).exists()


def seat_of(session: WeightSession, user: "User") -> Seat:
    """The person's seat; not saved yet for one of the network who was not invited."""
    found = session.seats.filter(user=user).first()
    return found or Seat(session=session, email=user.email.lower(), user=user)


def add_sentences(seat: Seat, sentences: Sequence[str]) -> Seat:
    """State one or more sentences; a contradiction with one's own is refused and names them."""
    return _write(seat, list(dict.fromkeys([*seat.sentences, *sentences])))


def state_order(seat: Seat, ranks: Mapping[str, int]) -> Seat:
    """State an order of importance."""
    sentences = order_sentences(ranks)
    if not sentences:
        raise ValidationError(_("Donner deux rangs différents au moins : un ordre compare."))
    return add_sentences(seat, sentences)


def drop_sentence(seat: Seat, position: int) -> Seat:
    if not 0 <= position < len(seat.sentences):
        raise ValidationError(_("Cette phrase n’existe plus."))
    return _write(seat, [s for i, s in enumerate(seat.sentences) if i != position])


def hand_in(seat: Seat) -> Seat:
    """The answer counts from now on, even empty (« tous les poids me vont »); it may change until the reveal."""
    _must_be(seat.session, State.OPEN)
    seat.given_at = timezone.now()
    return _saved(seat)


def _write(seat: Seat, sentences: list[str]) -> Seat:
    _must_be(seat.session, State.OPEN)
    document = ranking.read_document(seat.session.study.document)
    try:
        weight_space(sentences, [c.key for c in document.criteria], document.families())
    except WeightError as error:
        raise refusal(error) from error
    seat.sentences = sentences
    return _saved(seat)


def _saved(seat: Seat) -> Seat:
    known = seat.session.seats.filter(email=seat.email).first()
    if seat.pk is None and known is not None:  # invited by this address, the link not opened
        known.user, known.sentences, known.given_at = seat.user, seat.sentences, seat.given_at
        seat = known
    seat.full_clean()
    seat.save()
    return seat


@transaction.atomic
def reveal(session: WeightSession) -> WeightSession:
    """Lay the answers side by side. Without names, their numbers follow a draw: the order of the links' tokens.

    Errors: ``ValidationError`` with fewer than two answers, or when the study can no longer be ranked.
    """
    _must_be(session, State.OPEN)
    given = sorted(session.seats.filter(given_at__isnull=False).select_related("user"), key=lambda s: s.token)
    if len(given) < LEAST_VOICES:
        raise ValidationError(_("Il faut au moins deux réponses déposées pour les mettre côte à côte."))
    found = _agreement(session.study, [seat.sentences for seat in given])
    session.agreement, session.state = stored(found), State.REVEALED
    session.voices = [_voice(session, number, seat) for number, seat in enumerate(given, 1)]
    session.revealed_at = timezone.now()
    session.full_clean()
    session.save()
    return session


def _voice(session: WeightSession, number: int, seat: Seat) -> str:
    if session.named and seat.user:
        return seat.user.name
    return _("Voix %(number)d") % {"number": number}


def _agreement(study: Study, voices: list[list[str]]) -> Agreement:
    document = ranking.read_document({**study.document, "samples": SAMPLES})
    try:
        table = ranking.table_of(study.inputs) if study.inputs else services.table_of(study)
        return agreement(document, table, voices)
    except ranking.REFUSALS as error:
        raise refusal(error) from error


def stored(found: Agreement) -> dict[str, Any]:
    """As kept in the session: plain data, the territories most wanted first, the last ones left out beyond 2,000."""
    counts = {verdict: len(found.named(verdict)) for verdict in ("in", "disputed", "out")}  # type: ignore[arg-type]
    return {
        "spreads": [asdict(s) | {"gap": s.gap} for s in found.spreads],
        "positions": [asdict(p) for p in found.positions],
        "standings": [asdict(s) for s in found.standings[:KEPT_STANDINGS]],
        "counts": counts,
        "clash": list(found.clash),
    }


@transaction.atomic
def adopt(session: WeightSession, sentences: Sequence[str], reason: str, by: "User") -> WeightSession:
    """The committee's constraints become the study's; its former ranking goes, since weights changed."""
    _must_be(session, State.REVEALED)
    stated = {p["sentence"] for p in (session.agreement or {})["positions"]} | set(
        session.study.document["weights"]
    )
    if unknown := [s for s in sentences if s not in stated]:
        raise ValidationError(_("Phrase inconnue de cette séance : %(sentence)s.") % {"sentence": unknown[0]})
    services.update_document(session.study, weights=list(sentences))
    session.adopted, session.reason = list(sentences), reason.strip()
    return _end(session, State.ADOPTED, by)


def close(session: WeightSession, by: "User") -> WeightSession:
    """Give the session up; the study keeps its weights."""
    _must_be(session, State.OPEN, State.REVEALED)
    return _end(session, State.CLOSED, by)


def _end(session: WeightSession, state: str, by: "User") -> WeightSession:
    session.state, session.ended_by, session.ended_at = state, by, timezone.now()
    session.full_clean()
    session.save()
    return session


def _must_be(session: WeightSession, *states: str) -> None:
    if session.state not in states:
        raise ValidationError(
            _("Cette séance est dans l’état « %(state)s » : ce geste n’y est plus possible.")
            % {"state": session.get_state_display()}
        )

"""Pages of a shared weights session: open, answer in private, reveal, adopt; and the door of those invited."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.http import Request
from essaim.platform.new_account import NewAccountForm
from essaim.platform.territories import reading, session_forms, session_reading, sessions, sources
from essaim.platform.territories.forms import WeightForm
from essaim.platform.territories.looking import first_look
from essaim.platform.territories.models import Seat, WeightSession
from essaim.platform.territories.permissions import SESSION_POLICY, STUDY_POLICY
from essaim.platform.territories.views import page, study_for


def session_for(request: Request, slug: str, pk: int, action: str) -> WeightSession:
    """The session when the person may do ``action`` on it; 404 or 403 otherwise."""
    every = WeightSession.objects.select_related("study__programme", "opened_by", "ended_by")
    found = get_object_or_404(
        every.prefetch_related("study__programme__roles"), pk=pk, study__programme__slug=slug
    )
    SESSION_POLICY.require(request.user, action, found)
    return found


def new(request: Request, slug: str, pk: int) -> HttpResponse:
    study = study_for(request, slug, pk, "open_session")
    form = session_forms.SessionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = sessions.open_session(study, request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect("territories:session", slug=slug, pk=made.pk)
    return page(request, study, "session_new", form=form)


def session(request: Request, slug: str, pk: int) -> HttpResponse:
    found = session_for(request, slug, pk, "view")
    return _page(request, found)


def _page(request: Request, found: WeightSession, **forms: Any) -> HttpResponse:
    """The page of a session; ``forms`` are those just posted with something to mend."""
    does = SESSION_POLICY.actions(request.user, found)
    context: dict[str, Any] = {
        "session": found,
        "does": does,
        "criteria": reading.criteria_in_words(
            found.study, sources.measures_for(found.study.programme, found.study.document["unit"])
        ),
        "scope": reading.scope_in_words(found.study.document),
        "reads_study": STUDY_POLICY.can(request.user, "view", found.study),
    }
    if found.state == WeightSession.State.OPEN:
        seats = list(found.seats.select_related("user"))
        context |= {"seats": seats, "given": sum(seat.given_at is not None for seat in seats)}
        if "answer" in does:
            context |= _answer(request, found, forms)
        if "invite" in does:
            context["invite_form"] = forms.get("invite") or session_forms.InviteForm()
    elif found.agreement:
        context |= session_reading.agreement_in_words(found)
        if "adopt" in does:
            context["adopt_form"] = forms.get("adopt") or session_forms.AdoptForm(
                choices=session_reading.adoption_choices(found),
                initial={"sentences": session_reading.proposed_sentences(found)},
            )
    names = session_reading.names_in(found)
    context["adopted"] = [reading.sentence_in_words(s, names) for s in found.adopted]
    context["few"] = len(found.voices) < sessions.DISCREET_VOICES
    return page(request, found.study, "session", **context)


def _answer(request: Request, found: WeightSession, forms: dict[str, Any]) -> dict[str, Any]:
    """What a person sees of their own answer, and of nobody else's."""
    document, names = found.study.document, session_reading.names_in(found)
    seat = sessions.seat_of(found, request.user)
    mine = [reading.sentence_in_words(s, names) for s in seat.sentences]
    return {
        "seat": seat,
        "mine": mine,
        "form": forms.get("state") or WeightForm(names=names),
        "order_form": forms.get("order") or session_forms.OrderForm(names=session_reading.order_names(found)),
        **first_look(found.study.programme, {**document, "weights": seat.sentences}),
    }


def _state(request: Request, found: WeightSession) -> HttpResponse | None:
    form = WeightForm(request.POST, names=session_reading.names_in(found))
    return _with_form(
        request, found, "state", form, lambda seat: sessions.add_sentences(seat, [form.sentence()])
    )


def _order(request: Request, found: WeightSession) -> HttpResponse | None:
    form = session_forms.OrderForm(request.POST, names=session_reading.order_names(found))
    return _with_form(request, found, "order", form, lambda seat: sessions.state_order(seat, form.ranks()))


def _with_form(
    request: Request, found: WeightSession, name: str, form: Any, write: Callable[[Seat], Seat]
) -> HttpResponse | None:
    if form.is_valid():
        try:
            write(sessions.seat_of(found, request.user))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return None
    return _page(request, found, **{name: form})


def _drop(request: Request, found: WeightSession) -> None:
    position = request.POST.get("position", "")
    sessions.drop_sentence(sessions.seat_of(found, request.user), int(position) if position.isdigit() else -1)


def _hand_in(request: Request, found: WeightSession) -> None:
    sessions.hand_in(sessions.seat_of(found, request.user))
    messages.success(
        request, _("Réponse déposée. Vous pouvez encore la changer tant que la séance n’est pas dévoilée.")
    )


def _invite(request: Request, found: WeightSession) -> HttpResponse | None:
    form = session_forms.InviteForm(request.POST)
    link = request.build_absolute_uri(reverse("territories:seat", args=["TOKEN"]))
    if not form.is_valid():
        return _page(request, found, invite=form)
    seat = sessions.invite(found, form.cleaned_data["email"], request.user, link)
    messages.success(request, _("Invitation envoyée à %(email)s.") % {"email": seat.email})
    return None


def _reveal(request: Request, found: WeightSession) -> None:
    sessions.reveal(found)


def _close(request: Request, found: WeightSession) -> None:
    sessions.close(found, request.user)
    messages.success(request, _("Séance abandonnée : l’étude garde ses poids."))


def _adopt(request: Request, found: WeightSession) -> HttpResponse | None:
    form = session_forms.AdoptForm(request.POST, choices=session_reading.adoption_choices(found))
    if form.is_valid():
        try:
            sessions.adopt(found, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Poids adoptés : l’étude est à classer avec eux."))
            return None
    found.refresh_from_db()
    return _page(request, found, adopt=form)


ACTS: dict[str, tuple[str, Callable[[Request, WeightSession], HttpResponse | None]]] = {
    "state": ("answer", _state),
    "order": ("answer", _order),
    "drop": ("answer", _drop),
    "hand-in": ("answer", _hand_in),
    "invite": ("invite", _invite),
    "reveal": ("reveal", _reveal),
    "close": ("close", _close),
    "adopt": ("adopt", _adopt),
}
"""What may be done in a session: the right it asks, and what does it (a page when something is to mend)."""


@require_POST
def act(request: Request, slug: str, pk: int, what: str) -> HttpResponse:
    if what not in ACTS:
        raise Http404
    right, do = ACTS[what]
    found = session_for(request, slug, pk, right)
    try:
        answer = do(request, found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        answer = None
    return answer or redirect("territories:session", slug=slug, pk=pk)


@login_not_required
def seat(request: Request, token: str) -> HttpResponse:
    """Enter a session by one's personal link: with the account one has, or with a new one."""
    found = get_object_or_404(
        Seat.objects.select_related("session__study__programme", "session__opened_by"), token=token
    )
    known = request.user.is_authenticated
    where = redirect("territories:session", slug=found.session.study.programme.slug, pk=found.session_id)
    if known and found.user_id == request.user.pk:
        return where
    form = None if known or sessions.has_account(found) else NewAccountForm(request.POST or None)
    if request.method == "POST" and (known or (form is not None and form.is_valid())):
        try:
            user = sessions.sit(
                found, user=request.user if known else None, **(form.cleaned_data if form else {})
            )
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            if not known:
                login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
            return where
    return render(request, "territories/seat.html", {"seat": found, "session": found.session, "form": form})

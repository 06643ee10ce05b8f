"""Territories drawn into waves, in public: the inputs' fingerprint first, then a seed, and anyone can replay it.

The draw is a function of the fingerprint and the seed alone. It uses the raw stream of PCG64, which numpy
promises never to change, and not its higher functions, which may.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose, isfinite
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from essaim.rollout.balance import Constraint, balance_scores, between_waves, judge
from essaim.rollout.errors import CapacityError, MethodError, RolloutError
from essaim.rollout.rounding import Bits, distinct, even_sizes, permutations, rounded_table

Method = Literal["simple", "stratified", "constrained"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)
FORMAT: Final = "essaim/draw/1"
#: More candidates would take minutes and gigabytes, and balance nothing better.
MOST_CANDIDATES: Final = 1_000_000
LABELS: Final = {True: "vagues tirées au sort", False: "vagues choisies, non tirées au sort"}
#: What a record says of a draw beyond its inputs and its seed: all that a replay must find again.
OUTCOME: Final = ("drawn", "label", "allocation", "balance", "constraint")
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Territory:
    """``stratum`` and ``covariates`` are known before the draw; ``first``: why it must open in the first wave."""

    code: str
    stratum: str = ""
    covariates: Mapping[str, float] = field(default_factory=dict)
    first: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What is drawn. ``capacities``: most sites by wave; ``candidates`` schemes are drawn and the best balanced
    ``keep`` share is kept when ``method`` is ``constrained`` (within strata, if any)."""

    territories: tuple[Territory, ...]
    capacities: tuple[int, ...]
    method: Method = "simple"
    candidates: int = 10_000
    keep: float = 0.1

    def __post_init__(self) -> None:
        _check(self)

    @property
    def drawn(self) -> tuple[Territory, ...]:
        """The territories that are drawn, by code: the order of the input rows changes nothing."""
        return tuple(sorted((t for t in self.territories if not t.first), key=lambda t: t.code))

    @property
    def first(self) -> tuple[Territory, ...]:
        return tuple(sorted((t for t in self.territories if t.first), key=lambda t: t.code))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Territories to draw in each wave: as even as capacities allow, the first waves taking the remainder."""
        left = (self.capacities[0] - len(self.first), *self.capacities[1:])
        return even_sizes(len(self.drawn), left)

    def canonical(self) -> dict[str, Any]:
        """The inputs as plain data, in an order that does not depend on that of the rows."""
        constraint = (
            {"candidates": self.candidates, "keep": self.keep} if self.method == "constrained" else {}
        )
        return {
            "format": FORMAT,
            "method": self.method,
            "capacities": list(self.capacities),
            "territories": [
                {
                    "code": t.code,
                    "stratum": t.stratum,
                    "covariates": {k: float(t.covariates[k]) for k in sorted(t.covariates)},
                    "first": t.first,
                }
                for t in sorted(self.territories, key=lambda t: t.code)
            ],
            **constraint,
        }

    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON (sorted keys, no spaces, UTF-8), to publish before the draw."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def declared(request: Request) -> Request:
    """The same request, refused when it is stratified without strata: a record published so must still replay."""
    if request.method == "stratified" and len({t.stratum for t in request.drawn}) < 2:
        raise MethodError(
            "Un tirage équilibré par strate demande au moins deux strates : remplissez une colonne « strate » (ou "
            "« stratum ») du tableau, ou choisissez le tirage simple."
        )
    return request


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw: ``schemes`` (schemes × territories) are those it could have been when constrained, else empty."""

    request: Request
    seed: int
    labels: Labels
    balance: Mapping[str, float]
    constraint: Constraint | None
    schemes: Labels

    @property
    def waves(self) -> dict[str, int]:
        """Wave (from 1) of every territory, those that go first included."""
        drawn = {t.code: int(w) + 1 for t, w in zip(self.request.drawn, self.labels, strict=True)}
        return {**{t.code: 1 for t in self.request.first}, **drawn}

    def to_dict(self, public_text: str | None = None) -> dict[str, Any]:
        """The public record: enough to replay the draw, and what it gave; ``public_text`` is what gave the seed."""
        waves = self.waves
        return {
            "inputs": self.request.canonical(),
            "fingerprint": self.request.fingerprint(),
            "seed": self.seed,
            **({} if public_text is None else {"public_text": public_text}),
            "drawn": True,
            "label": LABELS[True],
            "allocation": [
                {
                    "code": t.code,
                    "wave": waves[t.code],
                    "stratum": t.stratum,
                    "in_comparison": not t.first,
                    "first": t.first or None,
                }
                for t in sorted(self.request.territories, key=lambda t: t.code)
            ],
            "balance": dict(self.balance),
            "constraint": None if self.constraint is None else self.constraint.to_dict(),
        }


def public_seed(text: str) -> int:
    """The seed told by a public text (the numbers of a lottery…): a whole number stays itself, anything else gives the
    first 13 hexadecimal digits of the SHA-256 of the text, spaces reduced (every reader of JSON holds it exactly).

    >>> public_seed(" 42 "), public_seed("3 12  27") == public_seed("3 12 27")
    (42, True)
    """
    plain = " ".join(text.split())
    if not plain:
        raise RolloutError("Résultat public vide : donnez le texte publié, par exemple les numéros tirés.")
    if plain.isascii() and plain.isdigit() and len(plain) <= 15:
        return int(plain)
    return int(hashlib.sha256(plain.encode()).hexdigest()[:13], 16)


def draw(request: Request, seed: int) -> Draw:
    """Draw the waves. The same request (rows in any order) and seed give the same draw, on any machine."""
    bits = _bits(request, seed)
    covariates = _covariates(request)
    if request.method != "constrained":
        labels = _schemes(request, bits, 1)[0]
        return Draw(request, seed, labels, between_waves(labels, covariates), None, labels[None, :][:0])
    # A second BLAS thread costs more than these small products on a busy machine.
    with threadpool_limits(limits=1, user_api="blas"):
        return _constrained(request, seed, bits, covariates)


def _constrained(
    request: Request, seed: int, bits: Bits, covariates: Mapping[str, NDArray[np.float64]]
) -> Draw:
    pool = distinct(_schemes(request, bits, request.candidates), bits)
    scores = balance_scores(pool, np.column_stack(list(covariates.values())))
    # Ties at the threshold are all kept: which of two equal schemes is kept must not depend on their order.
    most = float(np.sort(scores)[max(int(np.ceil(request.keep * len(pool))) - 1, 0)])
    kept = pool[scores <= most]
    labels = kept[bits.below(len(kept))]
    judged = judge(pool, kept, scores, most, [t.code for t in request.drawn])
    return Draw(request, seed, labels, between_waves(labels, covariates), judged, kept)


def replay(record: Mapping[str, Any]) -> Draw:
    """Draw again from a published record. Raises ``RolloutError`` when the record does not say what it gives."""
    request = request_from(record)
    absent = [name for name in ("fingerprint", "seed") if name not in record]
    if absent:
        raise RolloutError(
            "Ce fichier ne dit pas le tirage qui a été fait (il lui manque : %(names)s). Donnez le procès-verbal "
            "écrit par le tirage, non les données publiées avant lui.",
            names=", ".join(absent),
        )
    public = record.get("public_text")
    if public is not None and public_seed(str(public)) != record["seed"]:
        raise RolloutError(
            "La graine %(value)s n’est pas celle que donne le résultat public « %(public)s » "
            "(%(other)s) : le procès-verbal a été modifié.",
            value=record["seed"],
            public=public,
            other=public_seed(str(public)),
        )
    again = draw(request, record["seed"])
    found, written = _outcome(again.to_dict()), _outcome(record)
    touched = [name for name in OUTCOME if not _same(found[name], written[name])]
    if touched:
        raise RolloutError(
            "Le tirage rejoué ne donne pas ce qui est publié (%(names)s) : le procès-verbal a été modifié.",
            names=", ".join(touched),
        )
    return again


def request_from(record: Mapping[str, Any]) -> Request:
    """The request of a published record, as ``Draw.to_dict`` wrote it, or of the data published before the draw.

    Raises ``RolloutError`` when they are not those of the fingerprint written with them.
    """
    try:
        inputs = record["inputs"]
        if inputs["format"] != FORMAT:
            raise RolloutError(
                "Format « %(value)s » inconnu : ce programme lit « %(known)s ».",
                value=inputs["format"],
                known=FORMAT,
            )
        limits = {name: inputs[name] for name in ("candidates", "keep") if name in inputs}
        territories = tuple(Territory(**t) for t in inputs["territories"])
        request = Request(territories, tuple(inputs["capacities"]), inputs["method"], **limits)
    except (AttributeError, KeyError, TypeError) as error:
        raise RolloutError(
            "Procès-verbal illisible (%(error)s) : donnez le fichier JSON que « essaim rollout draw --json » "
            "ou la page du tirage a écrit.",
            error=error,
        ) from error
    found = request.fingerprint()
    if record.get("fingerprint", found) != found:
        raise RolloutError(
            "L’empreinte publiée (%(digest)s…) n’est pas celle des données du fichier (%(other)s…) : les données ont "
            "changé après publication.",
            digest=str(record["fingerprint"])[:16],
            other=found[:16],
        )
    return request


@dataclass(frozen=True, slots=True)
class ChosenWaves:
    """Waves that somebody chose: never a stepped wedge, whatever they look like."""

    waves: Mapping[str, int]
    balance: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        return {
            "drawn": False,
            "label": LABELS[False],
            "allocation": [
                {"code": c, "wave": self.waves[c], "in_comparison": False} for c in sorted(self.waves)
            ],
            "balance": dict(self.balance),
        }


def chosen(territories: Sequence[Territory], waves: Mapping[str, int]) -> ChosenWaves:
    """Waves chosen by hand, with the balance they happen to have."""
    _check_unique(territories)
    missing = [t.code for t in territories if t.code not in waves]
    if missing:
        raise RolloutError(
            "Vague choisie manquante pour : %(names)s. Donnez la vague de chacun.",
            names=", ".join(missing[:5]),
        )
    rows = sorted(territories, key=lambda t: t.code)
    _, labels = np.unique([waves[t.code] for t in rows], return_inverse=True)
    return ChosenWaves(dict(waves), between_waves(labels.astype(np.int64), _covariate_columns(rows)))


def others(made: Draw, count: int) -> Labels:
    """At most ``count`` other schemes as likely as the one made (schemes × drawn territories), always the same.

    Constrained: among the schemes really kept, without the one made; otherwise new draws by the same method.
    """
    if not len(made.schemes):
        return _schemes(made.request, _bits(made.request, made.seed, "test"), count)
    rest = made.schemes[(made.schemes != made.labels).any(axis=1)]
    order = permutations(_bits(made.request, made.seed, "test"), 1, len(rest))[0] if len(rest) else []
    return np.asarray(rest[order[:count]])


def randomisation_p(made: Draw, statistic: Callable[[Labels], float], draws: int = 999) -> float:
    """Two-sided p-value of ``statistic`` (of waves by drawn territory, from 0, in the order of codes).

    Constrained: the share, among the schemes really kept, of those at least as extreme (the drawn one is one
    of them). Otherwise ``draws`` new draws are added to the one made: (1 + extreme) / (1 + draws).
    """
    seen = abs(statistic(made.labels))
    schemes = others(made, len(made.schemes) or draws)
    values = np.array([seen, *(abs(statistic(labels)) for labels in schemes)])
    return float(np.mean(values >= seen * (1 - 1e-12)))


# --- inside ------------------------------------------------------------------------------------------------


def _outcome(record: Mapping[str, Any]) -> dict[str, Any]:
    """What must be found again; the warnings of a constraint follow from its numbers, in the words of a version."""
    found = {name: record.get(name) for name in OUTCOME}
    if isinstance(found["constraint"], Mapping):
        found["constraint"] = {k: v for k, v in found["constraint"].items() if k != "warnings"}
    return found


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON, but for the last digits of a number, which may differ from one machine to another."""
    if isinstance(one, Mapping):
        alike = isinstance(other, Mapping) and one.keys() == other.keys()
        return alike and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return isinstance(other, list | tuple) and len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float):
        return isinstance(other, int | float) and isclose(one, other, abs_tol=1e-6)
    return bool(one == other)


def _bits(request: Request, seed: int, use: str = "draw") -> Bits:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise RolloutError("Graine « %(seed)s » : donnez un nombre entier positif ou nul.", seed=seed)
    return Bits(f"{request.fingerprint()}:{seed}:{use}")


def _schemes(request: Request, bits: Bits, count: int) -> Labels:
    """``count`` schemes (count × drawn territories), waves from 0."""
    drawn, sizes = request.drawn, np.array(request.sizes)
    if request.method == "simple" or len({t.stratum for t in drawn}) == 1:
        order = permutations(bits, count, len(drawn))
        return np.repeat(np.arange(len(sizes)), sizes)[order].astype(np.int64)
    strata, member = np.unique([t.stratum for t in drawn], return_inverse=True)
    held = np.bincount(member, minlength=len(strata))
    tables = [rounded_table(held, sizes, bits) for _ in range(count)]
    labels = np.empty((count, len(drawn)), dtype=np.int64)
    for stratum in range(len(strata)):
        order = permutations(bits, count, int(held[stratum]))
        waves = np.array([np.repeat(np.arange(len(sizes)), table[stratum]) for table in tables])
        labels[:, member == stratum] = np.take_along_axis(waves, order, axis=1)
    return labels


def _covariates(request: Request) -> dict[str, NDArray[np.float64]]:
    return _covariate_columns(request.drawn)


def _covariate_columns(rows: Sequence[Territory]) -> dict[str, NDArray[np.float64]]:
    names = sorted({name for t in rows for name in t.covariates})
    for t in rows:
        _check_known(t, names)
    columns = {name: np.array([float(t.covariates[name]) for t in rows]) for name in names}
    for name, values in columns.items():
        if np.ptp(values) == 0:
            raise RolloutError(
                "Colonne « %(name)s » : la même valeur partout, rien à équilibrer. Retirez-la.", name=name
            )
    return columns


def _check_known(territory: Territory, names: Iterable[str]) -> None:
    for name in names:
        if not isfinite(territory.covariates.get(name, float("nan"))):
            raise RolloutError(
                "Territoire %(code)s, colonne « %(name)s » : valeur absente ou infinie. "
                "Complétez-la, ou retirez cette colonne des covariables.",
                code=territory.code,
                name=name,
            )


def _check_unique(territories: Sequence[Territory]) -> None:
    double = sorted(code for code, count in Counter(t.code for t in territories).items() if count > 1)
    if double:
        raise RolloutError(
            "Territoires en double : %(names)s. Gardez une ligne par territoire.", names=", ".join(double[:5])
        )


def _check(request: Request) -> None:
    _check_unique(request.territories)
    if not request.drawn:
        raise RolloutError(
            "Aucun territoire à tirer : donnez-en au moins un qui ne soit pas imposé en premier."
        )
    if request.method not in METHODS:
        raise MethodError(
            "Méthode « %(method)s » inconnue. Choisissez parmi : %(names)s.",
            method=request.method,
            names=", ".join(METHODS),
        )
    if not request.capacities or any(not isinstance(c, int) or c < 0 for c in request.capacities):
        raise CapacityError(
            "Capacités : donnez un nombre entier de sites, positif ou nul, par vague, par exemple 10,10,10."
        )
    if len(request.first) > request.capacities[0]:
        raise CapacityError(
            "%(count)s territoires doivent ouvrir en premier, la vague 1 n’en prend que "
            "%(value)s : augmentez sa capacité ou retirez des territoires imposés.",
            count=len(request.first),
            value=request.capacities[0],
        )
    if sum(request.capacities) < len(request.territories):
        raise CapacityError(
            "%(count)s territoires pour %(value)s places : ajoutez une vague ou de la capacité.",
            count=len(request.territories),
            value=sum(request.capacities),
        )
    if request.method == "constrained":
        if not any(t.covariates for t in request.drawn):
            raise MethodError("Un tirage contraint équilibre des covariables : donnez-en au moins une.")
        if not 0 < request.keep <= 1 or not 1 <= request.candidates <= MOST_CANDIDATES:
            raise MethodError(
                "Part gardée : de 0 (exclu) à 1 ; tirages candidats : de 1 à %(most)s.", most=MOST_CANDIDATES
            )
    for territory in request.first:
        _check_known(territory, territory.covariates)
    _covariates(request)

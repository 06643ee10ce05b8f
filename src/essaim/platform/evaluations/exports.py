"""What is taken away from a report to be checked elsewhere: every number as CSV, code that finds them again."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from essaim.evaluation.numbers import as_csv
from essaim.platform.evaluations import panels
from essaim.platform.evaluations.models import Estimate, EvaluationPlan
from essaim.platform.evaluations.report import OPTIONS, record_of
from essaim.platform.telling import tell


def every_number(estimated: Estimate) -> str:
    """All numbers of a report as CSV, then where they come from in words; what is undefined is empty."""
    stored = estimated.report
    rows = (
        *stored.get("numbers", []),
        *_equity_rows(stored.get("equity", [])),
        *_cost_rows(estimated.costs),
        *_provenance_rows(estimated),
    )
    return as_csv(rows)


def _equity_rows(equities: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for found in equities:
        for row in (*found["groups"], *found["gaps"]):
            yield {**row, "kind": f"equity_{found['kind']}", "key": row["group"], "group": ""}


def _cost_rows(costs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cost of a unit of effect, what it supposes, and the chance that it is worth it."""
    if not costs:
        return
    for name in ("cost", "low", "high", "units"):
        yield {"kind": "cost_given", "key": name, "value": costs["given"][name]}
    ratio = costs["ratio"]
    interval = {"conf_low": ratio["low"], "conf_high": ratio["high"]}
    yield {"kind": "cost_ratio", "estimate": ratio["estimate"], **interval, "text": ratio["shape"]}
    for row in costs["curve"]:
        yield {"kind": "cost_chance", "key": row["worth"], "value": row["chance"]}


def _provenance_rows(estimated: Estimate) -> Iterator[dict[str, Any]]:
    panel = estimated.panel
    origin = [("panel", f"{panel.title}, SHA-256 {estimated.panel_sha256}"), ("source", panel.source)]
    origin.append(("window", " : ".join(filter(None, (panel.window, panel.window_reason)))))
    origin += [("input", input_in_words(given)) for given in panel.inputs]
    origin += [("note", tell(note)) for note in panel.notes]
    for key, text in origin:
        yield {"kind": "provenance", "key": key, "text": text}


def input_in_words(given: Mapping[str, str]) -> str:
    """A file that a panel was made from: name, licence and address where they are known, hash."""
    proof = given["sha256"] and f"SHA-256 {given['sha256']}"
    told = (given["name"], given.get("licence"), given.get("address"), proof)
    return ", ".join(filter(None, told))


_EXAMPLE = """import polars as pl
from essaim.evaluation import Options, Panel, estimate, read_plainly
panel = Panel.from_frame(pl.read_csv("panel.csv", infer_schema=False){whole})
result = estimate(panel, Options(control="{control}"))
print("\\n".join(read_plainly(result)))"""


def example(frame: pl.DataFrame, plan: EvaluationPlan) -> str:
    """Five lines that read the panel ``frame``, downloaded as panel.csv, with the comparison of its plan."""
    whole = '.filter(pl.col("group") == "ensemble")' if "group" in frame.columns else ""
    return _EXAMPLE.format(whole=whole, control=plan.control)


_SCRIPT = '''"""Rejoue l’estimation {pk} : {question}

Placer ce fichier à côté de {file}, puis : python {script}
Il faut la version {version} d’essaim (pip install essaim=={version}).
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import polars as pl

from essaim.evaluation import Options, Panel, RecordedDraw, estimate, read_plainly
from essaim.evaluation.solidity import examine
from essaim.evaluation.solidity_reading import doubts, read_solidity
from essaim.territory.indicators import shared_borders

here = Path(__file__).parent
if not (here / "{file}").exists():
    sys.exit("Le panel manque : placer {file} à côté de ce script.")
content = (here / "{file}").read_bytes()
if hashlib.sha256(content).hexdigest() != "{sha256}":
    sys.exit("{file} : ce n’est pas le panel de l’estimation.")

frame = pl.read_csv(content, infer_schema=False)
if "group" in frame.columns:  # les lignes de tous les groupes réunis
    group = pl.col("group").fill_null("").str.strip_chars().str.to_lowercase()
    frame = frame.filter(group.is_in({whole!r}))
columns = {{name: name for name in ("weights", "cluster", "region") if name in frame.columns}}
panel = Panel.from_frame(frame, **columns)
record = json.loads({record!r})  # le tirage des vagues, s’il y en a eu un
draw = RecordedDraw.of(record) if record else None
options = Options({options})
result = estimate(panel, options, draw)

print("\\n".join(read_plainly(result, {smallest!r})))
compared = draw.without_first(panel) if draw else panel
tested = examine(compared, options, result, shared_borders(compared.units))
print("\\nSolidité\\n" + "\\n".join(read_solidity(tested, result)))
found = {{**result.to_json(), "solidity": tested.to_json()}}
(here / "resultat.json").write_text(json.dumps(found, ensure_ascii=False, indent=2))


def differences(expected, found, place=""):
    """Ce qui n’est pas retrouvé, à un millionième près."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [d for key in expected for d in differences(expected[key], found.get(key), f"{{place}}/{{key}}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [d for k, one in enumerate(expected) for d in differences(one, found[k], f"{{place}}/{{k}}")]
    if isinstance(expected, float) and isinstance(found, int | float):
        same = math.isclose(expected, found, rel_tol=1e-6, abs_tol=1e-9)
    else:
        same = expected == found
    return [] if same else [f"{{place}} : {{expected}} attendu, {{found}} trouvé"]


missed = differences(json.loads({expected!r}), found)
if missed:
    sys.exit("\\n".join(["Résultat différent :", *missed[:20]]))
print("Résultat retrouvé.")
'''


def panel_name(panel_pk: int) -> str:
    return f"panel-{panel_pk}.csv"


def file_name(estimated: Estimate, kind: str) -> str:
    """The name under which a file of a report is downloaded."""
    return f"evaluation-{estimated.plan.programme.slug}-{estimated.pk}.{kind}"


def script(estimated: Estimate) -> str:
    """A Python script that finds the result again from the panel's CSV, or fails."""
    given = {name: value for name, value in estimated.options.items() if name in OPTIONS}
    options = ", ".join(f"{name}={value!r}" for name, value in sorted(given.items()))
    compared = ("att_gt", "aggregations", "pretest", "solidity")
    numbers = {name: estimated.result[name] for name in compared if name in estimated.result}
    return _SCRIPT.format(
        pk=estimated.pk,
        question=estimated.plan.question.replace('"', "”"),
        file=panel_name(estimated.panel_id),
        script=file_name(estimated, "py"),
        version=estimated.code_version,
        sha256=estimated.panel_sha256,
        options=options,
        smallest=estimated.plan.smallest_effect,
        whole=list(panels.WHOLE),
        record=json.dumps(record_of(estimated), ensure_ascii=False),
        expected=json.dumps(numbers, ensure_ascii=False),
    )

"""The English catalogue: ``update`` it from the French texts, ``compile`` it, ``check`` that it is complete.

French is the source language (docs/adr/0002), so the platform's only catalogue is English. The few French words that
the library of the command line lacks are compiled with it. Works without the gettext programs.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_javascript
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from essaim.evaluation.periods import KINDS
from essaim.evaluation.reading import Verdict
from essaim.evaluation.solidity import NAMES
from essaim.protocol import frame, notes, versions
from essaim.territory.criteria import FAMILIES, MISSING_LABELS

PLATFORM = Path(__file__).parents[1] / "src/essaim/platform"
TEACHINGS = PLATFORM.parents[2] / "programmes/teachings.yaml"
PO = PLATFORM / "locale/en/LC_MESSAGES/django.po"
MO = PO.with_suffix(".mo")
CLI_PO = PLATFORM.parent / "cli/locale/fr/LC_MESSAGES/messages.po"
FRENCH_MO = PLATFORM / "locale/fr/LC_MESSAGES/django.mo"
#: What is worded by ``essaim.words``.
CORE = tuple(PLATFORM.parent / name for name in ("evaluation", "protocol", "rollout", "territory"))
TOLD: dict[str, Any] = {"told": None, "told_count": (1, 2)}
CORE_KEYWORDS: dict[str, Any] = {
    "say": None,
    "count": (1, 2),
    "marked": None,
    "CapacityError": None,
    "CoverError": None,
    "CriterionError": None,
    "EvaluationError": None,
    "MethodError": None,
    "OutsideLatitude": None,
    "PanelError": None,
    "PortfolioError": None,
    "RolloutError": None,
    "SaidError": None,
    "TableError": None,
    "UnknownCode": None,
    "WeightError": None,
    **TOLD,
}
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    **TOLD,
}


def extract_template(fileobj: IO[bytes], keywords: Any, tags: Any, options: Any) -> Iterator[Any]:
    """A Django template, turned into calls by Django itself, then read with a lexer that does not mind indentation."""
    source = templatize(fileobj.read().decode("utf-8"))
    return extract_javascript(io.BytesIO(source.encode("utf-8")), keywords, tags, options)


def words_of_data() -> Iterator[str]:
    """French words that screens show and that no gettext call spells: those of the core, and the teachings."""
    for aspect in frame.ASPECTS.values():
        yield aspect.question
        yield from aspect.answers.values()
    yield from FAMILIES.values()
    yield from MISSING_LABELS.values()
    yield from (verdict.value for verdict in Verdict)
    yield from (name for kind in KINDS for name in (kind.unit, kind.units))
    yield from NAMES.values()
    yield from notes.FIELDS.values()
    yield from (versions.VARIANT_REASON, *(reason for reason, _test, _bump in versions.RULES))
    for teaching in yaml.safe_load(TEACHINGS.read_text(encoding="utf-8"))["teachings"]:
        yield from (teaching["title"], teaching["sentence"], teaching["product"])


def template() -> Catalog:
    """All the texts of the platform, without their places: a moved line is not a change."""
    catalog = Catalog(project="essaim", charset="utf-8")
    methods = [
        ("**/migrations/**", "ignore"),
        ("**.py", "python"),
        ("**/templates/**.html", extract_template),
    ]
    found = extract_from_dir(str(PLATFORM), method_map=methods, keywords=KEYWORDS)  # type: ignore[arg-type]
    for _file, _line, message, comments, context in sorted(found, key=lambda row: (row[0], row[1])):
        catalog.add(message, auto_comments=comments, context=context)
    for place in CORE:
        core = extract_from_dir(str(place), method_map=[("**.py", "python")], keywords=CORE_KEYWORDS)  # type: ignore[arg-type]
        for _file, _line, message, _comments, _context in sorted(core, key=lambda row: (row[0], row[1])):
            catalog.add(message)
    for word in words_of_data():
        catalog.add(word)
    return catalog


def read() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def update() -> None:
    """Add new texts, drop those that are gone; a changed text must be translated again (no guessing)."""
    catalog = read() if PO.exists() else Catalog(locale="en", project="essaim")
    created = catalog.creation_date
    catalog.update(template(), no_fuzzy_matching=True)
    catalog.creation_date = created  # the same texts give the same file
    catalog.obsolete.clear()
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, catalog, width=100, no_location=True, omit_header=False, sort_output=False)
    compile_catalogue()
    print(f"{len(missing(catalog))} texts to translate in {PO}")


def compile_catalogue() -> None:
    for path, content in compiled(read()).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def spaced(text: str) -> str:
    """French ``text`` with the spaces that a line must not break at, which the code writes plain to stay readable.

    >>> spaced("Garder « le brouillon » ? Oui : 3 %% des sites.")
    'Garder «\\xa0le brouillon\\xa0»\\u202f? Oui\\xa0: 3\\xa0%% des sites.'
    """
    text = re.sub(r" (?=[;?!](?![\w=/]))", "\u202f", text)
    text = re.sub(r" (?=»|:(?![\w=:/])|%%(?!\w)|€)", "\u00a0", text)
    return text.replace("« ", "«\u00a0")


def compiled(english: Catalog) -> dict[Path, bytes]:
    """The catalogues as they are read.

    The platform's French one says each text as the code does, but for its ``spaced`` signs: without it, a word that a
    library also translates (« Note », « Date ») would come out of the library's own French.
    """
    french = Catalog(locale="fr", project="essaim", creation_date=english.creation_date)
    french.revision_date = english.creation_date
    for message in english:
        if message.id:
            texts = [spaced(text) for text in ([message.id] if isinstance(message.id, str) else message.id)]
            french.add(message.id, texts[0] if len(texts) == 1 else texts, context=message.context)
    with CLI_PO.open("rb") as file:
        command_line = read_po(file, locale="fr")
    found = {}
    for path, catalog in ((MO, english), (FRENCH_MO, french), (CLI_PO.with_suffix(".mo"), command_line)):
        buffer = io.BytesIO()
        write_mo(buffer, catalog)
        found[path] = buffer.getvalue()
    return found


def missing(catalog: Catalog) -> list[str]:
    """Texts with no English."""
    return [
        str(m.id)
        for m in catalog
        if m.id and (m.fuzzy or not m.string or (isinstance(m.string, tuple) and not all(m.string)))
    ]


def check() -> None:
    """Exit 1 when a text has no English, when the catalogue is not up to date, or when it is not compiled."""
    catalog = read()
    known = {(m.id, m.context) for m in catalog if m.id}
    wanted = {(m.id, m.context) for m in template() if m.id}
    problems = [f"not in the catalogue: {text!r}" for text, _ in wanted - known]
    problems += [f"no longer in the code: {text!r}" for text, _ in known - wanted]
    problems += [f"no English: {text!r}" for text in missing(catalog)]
    for path, content in compiled(catalog).items():
        if not path.exists() or path.read_bytes() != content:
            problems.append(f"{path.relative_to(PLATFORM.parent)} is not up to date")
    if problems:
        print(
            "\n".join(problems), "\nRun `make translations`, then write the English.", sep="", file=sys.stderr
        )
        sys.exit(1)


if __name__ == "__main__":
    settings.configure(USE_I18N=True)
    {"update": update, "compile": compile_catalogue, "check": check}[sys.argv[1]]()

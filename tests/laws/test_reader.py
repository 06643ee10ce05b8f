"""Whatever is done to the text of a protocol, its reader gives the protocol, or what is wrong, where, and the mend."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from essaim.protocol.files import dumps, examine, loads

TEXT = (Path(__file__).parents[2] / "docs/schemas/examples/protocol-2.0.0.yaml").read_text(encoding="utf-8")
PIECES = [
    *"{}[]:,#&*!|>'\"%@`\t\n-? \x00\x85\ufeff\ud800é", "null", "true", "1e999", ".inf", "!!python/name:os.system ls",
    "<<: *a", "&a ", "---\n", "...", "- - - -", "2020-13-45", "\n  ", "0x1f", "Infinity",
]  # fmt: skip
edits = st.lists(
    st.tuples(st.integers(0, len(TEXT)), st.integers(0, 30), st.sampled_from(["", *PIECES])),
    min_size=1,
    max_size=6,
)


def damaged(changes: list[tuple[int, int, str]]) -> str:
    text = TEXT
    for at, removed, added in changes:
        text = text[:at] + added + text[at + removed :]
    return text


@settings(max_examples=150, deadline=None)
@given(edits)
def test_a_damaged_file_is_read_or_told_with_line_and_mend(changes) -> None:
    protocol, problems = examine(damaged(changes), "p.yaml")
    assert protocol is not None or problems
    assert all(one.message and one.mend and one.line and one.file == "p.yaml" for one in problems)


@settings(max_examples=100, deadline=None)
@given(edits)
def test_what_is_read_is_written_back_the_same(changes) -> None:
    protocol, problems = examine(damaged(changes))
    if protocol is not None and not problems:
        assert loads(dumps(protocol)) == protocol

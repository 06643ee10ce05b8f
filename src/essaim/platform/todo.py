"""What waits for a person: each domain's ``services.todo_for(user)`` gives its own, the desk shows them together."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do: ``title`` says what, ``context`` for which site or programme, ``due`` by when (or never)."""

    title: str
    url: str
    context: str
    due: date | None = None

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due < date.today()

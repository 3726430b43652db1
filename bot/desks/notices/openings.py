"""Cards about where openings come from: what a job board's reading brought, and a board that cannot be read."""

from __future__ import annotations

from bot.desks.hr.boards import report_card, why
from bot.desks.notices import Builder, Owed
from bot.messages import Button, Buttons, Card, Note, Paragraph, say
from bot.openings import BoardReport, JobBoard
from bot.openings.boards import NOTHING_LISTED


def board_report(owed: Owed) -> Card | None:
    """To the admin room: what a reading changed, and the question about each opening that vanished."""
    row = owed.session.get(BoardReport, owed.subject_id)
    return report_card(owed.session, row) if row else None


def board_failing(owed: Owed) -> Card | None:
    """To the admin room, once: a board fails, or lists nothing any more. Nothing when it works again or was removed."""
    row = owed.session.get(JobBoard, owed.subject_id)
    if row is None or not row.problem:
        return None
    is_empty = row.problem == NOTHING_LISTED
    title = say("boards.failing.title_empty" if is_empty else "boards.failing.title", name=row.name)
    next_step = say("boards.failing.empty" if is_empty else "boards.failing.next" if row.is_on else "boards.failing.gone")
    button = Buttons((Button(say("boards.button.board"), "board.open", str(row.id), "primary"),))
    said = (Paragraph(next_step),) if is_empty else (Paragraph(why(row)), Note(next_step))
    return Card(title, (*said, button), tone="warning")


BUILDERS: dict[str, Builder] = {"board_report": board_report, "board_failing": board_failing}

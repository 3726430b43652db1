from __future__ import annotations

from pathlib import Path

from adapters.demo.mailbox import Mailbox
from bot.ports import Letter


def letter(number: int) -> Letter:
    return Letter("kaarina@mail.example", f"Tarina {number}", "Hei,\u2028Kaarina", f"<p>{number}</p>")


async def test_letters_are_there_after_a_restart_newest_first(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "mailbox.jsonl")
    for number in range(3):
        await box.post(letter(number), f"key {number}")
    again = Mailbox(tmp_path / "mailbox.jsonl")
    assert again.count == 3
    assert [(number, found.subject) for number, found in again.newest(2)] == [(2, "Tarina 2"), (1, "Tarina 1")]
    assert again.letter(1) == letter(1) and again.letter(3) is None and again.letter(-1) is None


async def test_a_letter_that_is_handed_over_twice_is_kept_once(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "mailbox.jsonl")
    await box.post(letter(1), "key")
    await box.post(letter(1), "key")
    assert Mailbox(tmp_path / "mailbox.jsonl").count == 1


async def test_a_line_cut_off_by_a_crash_costs_no_other_letter(tmp_path: Path) -> None:
    path = tmp_path / "mailbox.jsonl"
    await Mailbox(path).post(letter(1), "key")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"key": "half", "to": "x')
    assert [found.subject for _, found in Mailbox(path).newest()] == ["Tarina 1"]


async def test_an_empty_mailbox_is_a_mail_server_all_the_same(tmp_path: Path) -> None:
    assert bool(Mailbox(tmp_path / "mailbox.jsonl"))  # the house takes `mailer or …`

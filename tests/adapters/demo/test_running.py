"""Starting and starting over: what is kept, what is forgotten, and what is said when it cannot be."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from demo_process import command, free_port, running

from adapters.demo import config_of
from adapters.main import only_one


def _ends(folder: Path, port: int, *more: str) -> tuple[int, str]:
    process = command(folder, port, *more)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


def test_starting_over_forgets_the_company_and_nothing_else(folder: Path) -> None:
    (folder / "thesis.txt").write_text("mine", encoding="utf-8")
    code, said = _ends(folder, 8765, "--only-reset")
    assert code == 0 and "Forgotten" in said
    assert {path.name for path in folder.iterdir()} == {"thesis.txt", "key", "vinkki.db.lock"}


@pytest.mark.parametrize("more", [(), ("--reset",), ("--only-reset",)])
def test_a_demo_that_runs_is_named_and_left_alone(folder: Path, more: tuple[str, ...]) -> None:
    with only_one(config_of(folder, 8799)):
        code, said = _ends(folder, free_port(), *more)
    assert code == 1 and "A demo is running" in said and "http://127.0.0.1:8799/demo/tour" in said
    assert (folder / "seeded.json").exists()


def test_a_port_that_is_taken_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, said = _ends(tmp_path / "demo", port)
    assert code == 1 and f"port {port}" in said and "--port" in said
    assert not (tmp_path / "demo" / "vinkki.db").exists()


def test_a_company_that_was_not_finished_is_made_anew(folder: Path) -> None:
    (folder / "seeded.json").unlink()
    with running(folder) as address:
        assert address.startswith("http://127.0.0.1:")
    assert (folder / "seeded.json").exists()


def test_a_later_start_is_quick_and_keeps_the_mail_and_the_key(folder: Path) -> None:
    key, mail = (folder / "key").read_bytes(), (folder / "mailbox.jsonl").read_bytes()
    with running(folder):
        pass
    assert (folder / "key").read_bytes() == key and (folder / "mailbox.jsonl").read_bytes().startswith(mail)

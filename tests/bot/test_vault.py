from __future__ import annotations

import pytest

from bot.db import Database
from bot.errors import VinkkiError
from bot.vault import Vault, erase_key

OLD, NEW = "an-old-key-that-is-long-enough-0000", "a-new-key-that-is-long-enough-00000"


def test_after_a_rotation_what_was_sealed_opens_and_what_was_known_is_known() -> None:
    before, after = Vault(OLD), Vault(NEW, (OLD,))
    assert after.open(before.seal("kim@mail.example")) == "kim@mail.example"
    assert before.keyed_hash("kim") in after.keyed_hashes("kim")
    assert after.keyed_hash("kim") not in before.keyed_hashes("kim")


def test_without_the_key_nothing_opens() -> None:
    with pytest.raises(VinkkiError, match="VINKKI_SECRET_KEY"):
        Vault(NEW).open(Vault(OLD).seal("kim@mail.example"))


async def test_an_erased_key_takes_everything_with_it(db: Database) -> None:
    vault = Vault(OLD)
    sealed = await db.write(vault.seal_for, "candidate:1", "Kim Novak")
    other = await db.write(vault.seal_for, "candidate:2", "Lee")
    assert await db.read(vault.open_for, "candidate:1", sealed) == "Kim Novak"
    await db.write(erase_key, "candidate:1")
    assert await db.read(vault.open_for, "candidate:1", sealed) is None
    assert await db.read(vault.open_for, "candidate:2", other) == "Lee"


async def test_a_key_made_before_a_rotation_still_opens(db: Database) -> None:
    sealed = await db.write(Vault(OLD).seal_for, "candidate:1", "Kim Novak")
    assert await db.read(Vault(NEW, (OLD,)).open_for, "candidate:1", sealed) == "Kim Novak"


def test_what_was_sealed_before_it_was_pressed_together_is_still_read(lite: Database) -> None:
    vault = Vault("k" * 40)
    old = lite.write_now(lambda s: vault.seal_bytes_for(s, "candidate:1", b'{"name": "Maija"}').decode())
    new = lite.write_now(lambda s: vault.seal_for(s, "candidate:1", '{"name": "Maija"}'))
    assert lite.read_now(lambda s: {vault.open_for(s, "candidate:1", sealed) for sealed in (old, new)}) == {'{"name": "Maija"}'}

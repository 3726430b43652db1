"""Group commit without a timer: requests that come while a commit is under way share the next one.

A fast disk gives small groups and a slow one larger groups by itself; nobody is answered before their row is committed.
A timer instead gains little and loses what it holds when the process dies (facts: performance.md 2b).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from bot.db import Database

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 1000


class GroupCommit(Generic[Item, Result]):
    """Hands groups of items to `work(connection, items) -> results` on a plain DBAPI connection, each group one transaction."""

    def __init__(self, db: Database, work: Callable[[Any, Sequence[Item]], Sequence[Result]]) -> None:
        self._db, self._work = db, work
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """The item's result, once its transaction is committed. Raises what the transaction raised."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            items = [item for item, _ in group]
            try:
                results = await self._db.write_raw(lambda raw, items=items: self._work(raw, items))  # type: ignore[misc]
            except Exception as e:
                _settle(group, [e] * len(group))
            else:
                _settle(group, results)
        self._task = None


def _settle(group: Sequence[tuple[Any, asyncio.Future[Any]]], results: Sequence[Any]) -> None:
    for (_, future), result in zip(group, results, strict=True):
        if future.done():  # whoever asked has gone
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

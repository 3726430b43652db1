"""`make bench`: a table, and build/bench.json. `python tests/bench redirect idle` runs some of it.

Ratios are taken side by side in one run, alternated; absolute figures are of this machine only.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1])]
from measure import ROOT, Result, stay_off_the_servers_core  # noqa: E402 (the path comes first)

PARTS = ("redirect", "kills", "slack_ack", "teams_rate", "people", "ledger", "payruns", "strategy", "referrals", "idle")


async def _run(parts: list[str]) -> list[Result]:
    results = []
    for part in parts:
        async for result in importlib.import_module(part).run():
            results.append(result)
            _print(result)
    return results


def _print(r: Result) -> None:
    mark = {True: "ok  ", False: "MISS", None: "    "}[r.ok]
    base = f"{r.base:>12,.2f}" if r.base is not None else " " * 12
    ratio = f"{r.ratio:>8.2f}" if r.ratio is not None else " " * 8
    print(f"{mark} {r.name:<58} {r.value:>12,.2f} {base} {ratio}  {r.unit:<24} {r.goal}", flush=True)  # noqa: T201


def main() -> None:
    parts = [p for p in sys.argv[1:] if p in PARTS] or list(PARTS)
    stay_off_the_servers_core()
    print(f"     {'':<58} {'value':>12} {'base':>12} {'ratio':>8}  {'unit':<24} goal")  # noqa: T201
    results = asyncio.run(_run(parts))
    file = ROOT / "build" / "bench.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps([asdict(r) for r in results], indent=2) + "\n", encoding="utf-8")
    print(f"\n{sum(r.ok is True for r in results)} goals met, {sum(r.ok is False for r in results)} missed; {file.relative_to(ROOT)}")  # noqa: T201
    sys.exit(any(r.ok is False for r in results))


if __name__ == "__main__":
    main()

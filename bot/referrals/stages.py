"""The stages of a referral, and the frozen table of who may move it from one to the next."""

from __future__ import annotations

from types import MappingProxyType

STAGES = (
    "invited", "confirmed", "taken", "contacted", "interviewing", "offered", "hired", "closed",
    "declined", "expired", "withdrawn", "rejected", "duplicate", "erased",
)  # fmt: skip
ACTIVE = ("confirmed", "taken", "contacted", "interviewing", "offered")  # somebody owes the candidate a next step
ENDS = frozenset({"declined", "expired", "withdrawn", "rejected", "duplicate", "erased"})
HIDDEN = frozenset({"invited", "declined", "expired"})  # the candidate never confirmed: nobody sees them
OWNING = frozenset({*ACTIVE, "hired", "closed", "rejected"})  # holds the candidate for its referrer
CAUSES = ("candidate", "recruiter", "hr", "time")

_CANDIDATE, _TIME, _HR = frozenset({"candidate"}), frozenset({"time"}), frozenset({"hr"})
_STAFF = frozenset({"recruiter", "hr"})


def _table() -> dict[tuple[str, str], frozenset[str]]:
    moves = {("", "confirmed"): _CANDIDATE | _HR, ("", "duplicate"): _CANDIDATE | _HR, ("", "invited"): frozenset({"referrer"})}
    moves |= {("invited", "confirmed"): _CANDIDATE, ("invited", "duplicate"): _CANDIDATE}
    moves |= {("invited", "declined"): _CANDIDATE, ("invited", "expired"): _TIME, ("confirmed", "taken"): _STAFF}
    onward = (*ACTIVE[1:], "hired")
    moves |= {(old, new): _STAFF for i, old in enumerate(onward[:-1]) for new in onward[i + 1 :]}
    for active in ACTIVE:
        moves |= {(active, "rejected"): _STAFF, (active, "withdrawn"): _CANDIDATE, (active, "closed"): _HR, (active, "duplicate"): _HR}
    moves |= {("hired", "closed"): _HR | _TIME, ("duplicate", "withdrawn"): _CANDIDATE}  # a duplicate looks like a confirmed one, this button included
    return moves | {(stage, "erased"): _CANDIDATE | _HR | _TIME for stage in STAGES if stage != "erased"}


# (from, to) -> who may cause it. A move that is not here does not exist; `erased` leads nowhere.
MOVES = MappingProxyType(_table())


def may(old: str, new: str, causes: frozenset[str]) -> bool:
    """Whether one of these causes may move a referral so."""
    return bool(MOVES.get((old, new), frozenset()) & causes)


def next_stages(old: str, causes: frozenset[str]) -> list[str]:
    """Where these causes may move a referral from here, in the order of the stages."""
    return [new for new in STAGES if may(old, new, causes)]

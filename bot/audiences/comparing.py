"""Two rules beside each other, judged from what they say alone: no person is looked at, so it costs nothing and never changes by itself."""

from __future__ import annotations

from collections.abc import Mapping

from bot.audiences.rules import Rule

_ANY_OF = ("kinds", "departments", "locations", "countries", "languages", "topics", "under_ids")
_ONE_EACH = ("kinds", "departments", "locations", "countries", "languages")  # a person has exactly one of these


def includes(outer: Rule, inner: Rule) -> bool:
    """Whoever the inner rule selects, the outer selects too. False where the rules alone do not show it."""
    if outer == inner or outer.is_everybody:
        return True
    if not set(outer.without_ids) <= set(inner.without_ids):
        return False
    only_named = bool(outer.person_ids) and not outer.has_conditions
    named_too = set(inner.person_ids) <= set(outer.person_ids)
    if inner.person_ids and not named_too and (outer.has_conditions or only_named):
        return False
    if inner.person_ids and not inner.has_conditions:
        return True
    return not only_named and _is_wider(outer, inner)


def _is_wider(outer: Rule, inner: Rule) -> bool:
    for part in _ANY_OF:
        mine, theirs = getattr(outer, part), getattr(inner, part)
        if mine and not (theirs and set(theirs) <= set(mine)):
            return False
    if outer.joined_before and not (inner.joined_before and inner.joined_before <= outer.joined_before):
        return False
    return not (outer.joined_after and not (inner.joined_after and inner.joined_after >= outer.joined_after))


class Nest:
    """Rules by id, ready to be asked many times which of them include another one. Those that say something about parts of which
    the other says nothing cannot include it, so most are never looked at."""

    def __init__(self, rules: Mapping[int | None, Rule]) -> None:
        self._by_parts: dict[frozenset[str], list[tuple[int | None, Rule]]] = {}
        for id, rule in rules.items():
            self._by_parts.setdefault(_said(rule), []).append((id, rule))
        self._known: dict[Rule, list[int | None]] = {}

    def around(self, inner: Rule) -> list[int | None]:
        """The ids of the rules that include this one, itself among them."""
        if inner not in self._known:
            said = _said(inner)
            near = (found for parts, found in self._by_parts.items() if parts <= said or inner.person_ids)
            self._known[inner] = [id for rules in near for id, outer in rules if includes(outer, inner)]
        return self._known[inner]


def _said(rule: Rule) -> frozenset[str]:
    return frozenset(part for part in (*_ANY_OF, "joined_before", "joined_after") if getattr(rule, part))


def apart(one: Rule, other: Rule) -> bool:
    """Nobody can be in both. False where the rules alone do not show it."""
    if one.person_ids or other.person_ids:
        return False
    for part in _ONE_EACH:
        mine, theirs = getattr(one, part), getattr(other, part)
        if mine and theirs and not set(mine) & set(theirs):
            return True
    return any(a.joined_before and b.joined_after and a.joined_before <= b.joined_after for a, b in ((one, other), (other, one)))

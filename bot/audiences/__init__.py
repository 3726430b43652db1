"""Audiences: a rule that selects people for a story. Only people who are enrolled, here and not paused are ever selected."""

from bot.audiences.comparing import Nest, apart, includes
from bot.audiences.keeping import Audience, erase_person, offered, retire, rule_of, rules, save
from bot.audiences.rules import Rule
from bot.audiences.selecting import condition, count, is_member, look, matches, member_ids, preview, reachable
from bot.audiences.topics import PersonTopic, choose, chosen

__all__ = [
    "Audience", "Nest", "PersonTopic", "Rule", "apart", "choose", "chosen", "condition", "count", "erase_person", "includes", "is_member", "look", "matches",
    "member_ids", "offered", "preview", "reachable", "retire", "rule_of", "rules", "save",
]  # fmt: skip

"""Referrals: the link an employee hands over, the candidate who confirms, and the stages until the end."""

from bot.referrals.confirming import Confirmed, Consent, confirm, confirm_invited, refused_email
from bot.referrals.correcting import correct
from bot.referrals.details import Details, open_details, read_details, seal, unseal
from bot.referrals.endorsing import LONGEST, QUESTIONS, Endorsement, endorsable, endorse, endorsed, endorsement, may_endorse
from bot.referrals.erasing import erase_candidate, erase_person, export, referrals_of, retain, withdraw
from bot.referrals.finding import candidates_at
from bot.referrals.forgetting import shred
from bot.referrals.inviting import decline, invite, pending
from bot.referrals.keeping import Due, Kept, due_by, keep, kept, let_go
from bot.referrals.links import LinkState, expire_links, first_open, link_for, named_openings, state_of
from bot.referrals.matching import beside, in_hand, link_hire, match, of_referrer, others_named
from bot.referrals.moving import last_change, move, record, stale, tell
from bot.referrals.papers import CandidateFile, Paper, open_paper, paper_facts
from bot.referrals.records import Candidate, ConsentRecord, Referral, ReferralLink, StageChange
from bot.referrals.responsible import recruiters_of
from bot.referrals.seeing import may_see_name, shown_since, shown_stage, shown_step
from bot.referrals.stages import ACTIVE, CAUSES, ENDS, HIDDEN, MOVES, STAGES, may, next_stages
from bot.referrals.timers import escalate, remind

__all__ = [
    "ACTIVE",
    "CAUSES",
    "ENDS",
    "HIDDEN",
    "LONGEST",
    "MOVES",
    "QUESTIONS",
    "STAGES",
    "Candidate",
    "CandidateFile",
    "Confirmed",
    "Consent",
    "ConsentRecord",
    "Details",
    "Due",
    "Endorsement",
    "Kept",
    "LinkState",
    "Paper",
    "Referral",
    "ReferralLink",
    "StageChange",
    "beside",
    "candidates_at",
    "confirm",
    "confirm_invited",
    "correct",
    "decline",
    "due_by",
    "endorsable",
    "endorse",
    "endorsed",
    "endorsement",
    "erase_candidate",
    "erase_person",
    "escalate",
    "expire_links",
    "export",
    "first_open",
    "in_hand",
    "invite",
    "keep",
    "kept",
    "last_change",
    "let_go",
    "link_for",
    "link_hire",
    "match",
    "may",
    "may_endorse",
    "may_see_name",
    "move",
    "named_openings",
    "next_stages",
    "of_referrer",
    "open_details",
    "open_paper",
    "others_named",
    "paper_facts",
    "pending",
    "read_details",
    "record",
    "recruiters_of",
    "referrals_of",
    "refused_email",
    "remind",
    "retain",
    "seal",
    "shown_since",
    "shown_stage",
    "shown_step",
    "shred",
    "stale",
    "state_of",
    "tell",
    "unseal",
    "withdraw",
]  # fmt: skip

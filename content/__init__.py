"""The words: what Vinkki says, in three languages. No rules, no I/O but its own files."""

from content.catalog import LOCALES, Words

__all__ = ["LOCALES", "Words"]

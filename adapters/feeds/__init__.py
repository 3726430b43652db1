"""Stories from outside: a folder of Markdown files, a CSV file, an RSS or Atom feed. All of them hand in drafts at the HR desk."""

from adapters.feeds.importing import ImportReport, import_found, import_stories

__all__ = ["ImportReport", "import_found", "import_stories"]

"""Openings from outside: a CSV file of the applicant tracking system."""

from adapters.ats.openings_csv import OpeningsReport, import_openings

__all__ = ["OpeningsReport", "import_openings"]

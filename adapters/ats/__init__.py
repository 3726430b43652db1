"""Openings from outside: a CSV file of the applicant tracking system, and job boards that are read every day."""

from adapters.ats.openings_csv import OpeningsReport, import_openings

__all__ = ["OpeningsReport", "import_openings"]

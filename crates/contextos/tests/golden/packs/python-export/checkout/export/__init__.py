"""Exports tables."""

from export.csv_writer import write_rows
from export.table import Table

__all__ = ["Table", "write_rows"]

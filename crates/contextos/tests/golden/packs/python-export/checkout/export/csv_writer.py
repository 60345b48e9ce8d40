"""Tables as CSV files."""

import csv
from pathlib import Path

from export.table import Table

ENCODING = "ascii"


def write_rows(table: Table, path: Path) -> int:
    """Writes a table, and returns the number of its rows."""
    with path.open("w", encoding=ENCODING, errors="ignore", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(table.columns)
        for row in table.rows:
            writer.writerow(row)
    return len(table.rows)


def read_rows(path: Path) -> Table:
    """Reads a table that `write_rows` wrote."""
    with path.open(encoding=ENCODING, newline="") as file:
        columns, *rows = csv.reader(file, delimiter=";")
    return Table(columns, rows)

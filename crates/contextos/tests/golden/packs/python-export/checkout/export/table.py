"""Tables in memory."""

from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows with named columns."""

    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """The values of a column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def sorted_by(self, name: str) -> "Table":
        """The same rows in the order of a column."""
        at = self.columns.index(name)
        return Table(self.columns, sorted(self.rows, key=lambda row: row[at]))

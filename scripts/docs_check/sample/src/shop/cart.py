"""Carts, and what they cost."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


class Cart:
    def __init__(self):
        self.lines = []

    def add(self, article, amount=1):
        self.lines.append((article, amount))

    def total(self):
        """The sum of all lines, rounded once."""
        exact = sum((article.price * amount for article, amount in self.lines), Decimal(0))
        return exact.quantize(CENT, rounding=ROUND_HALF_UP)

    def tax(self, rate):
        """The tax that the total includes."""
        return (self.total() * rate / (1 + rate)).quantize(CENT, rounding=ROUND_HALF_UP)

from decimal import Decimal

from shop.cart import Cart


class Article:
    def __init__(self, price):
        self.price = Decimal(price)


def test_the_total_is_rounded_once():
    cart = Cart()
    cart.add(Article("0.333"), 3)
    assert cart.total() == Decimal("1.00")

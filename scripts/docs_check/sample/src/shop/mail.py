"""Mails to customers."""


def confirmation(order):
    """The text of the mail that confirms an order."""
    lines = [f"Dear {order.name},", "", "you have ordered:"]
    for article, amount in order.cart.lines:
        lines.append(f"- {amount} x {article.title}")
    lines.append(f"Total: {order.cart.total()}")
    return "\n".join(lines)

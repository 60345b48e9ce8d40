import { formatPrice } from "./price.js";
import { total, type Cart } from "./cart.js";
import type { Customer } from "../api/client.js";

interface Props {
  cart: Cart;
  customer: Customer;
}

/** The cart with its lines and its total. */
export function CartView({ cart, customer }: Props) {
  const sum = formatPrice(total(cart), customer);
  return (
    <section>
      <ul>
        {cart.lines.map((line) => (
          <li key={line.sku}>
            {line.count} × {line.title}: {formatPrice(line.price, customer)}
          </li>
        ))}
      </ul>
      <p>Total: {sum}</p>
    </section>
  );
}

import type { Money } from "./price.js";

export interface Line {
  sku: string;
  title: string;
  count: number;
  price: Money;
}

export interface Cart {
  lines: Line[];
}

/** The sum of all lines; undefined for an empty cart. */
export function total(cart: Cart): Money | undefined {
  const [first, ...rest] = cart.lines;
  if (!first) return undefined;
  let cents = first.price.cents * first.count;
  for (const line of rest) {
    cents += line.price.cents * line.count;
  }
  return { cents, currency: first.price.currency };
}

/** The cart with one more of an article. */
export function add(cart: Cart, line: Line): Cart {
  const known = cart.lines.find((other) => other.sku === line.sku);
  if (!known) return { lines: [...cart.lines, line] };
  return {
    lines: cart.lines.map((other) =>
      other.sku === line.sku ? { ...other, count: other.count + line.count } : other,
    ),
  };
}

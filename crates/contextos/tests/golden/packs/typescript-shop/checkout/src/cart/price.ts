import type { Customer } from "../api/client.js";

export interface Money {
  cents: number;
  currency: string;
}

const formats = new Map<string, Intl.NumberFormat>();

/** A price as text, in the currency of the customer's country. */
export function formatPrice(price: Money | undefined, customer: Customer): string {
  const rate = customer.address ? rateFor(customer.address.country) : 1;
  const cents = Math.round((price?.cents ?? 0) * rate);
  const currency = price!.currency;
  return formatFor(currency).format(cents / 100);
}

/** The exchange rate of a country, to euros. */
function rateFor(country: string): number {
  return country === "CH" ? 0.95 : 1;
}

/** A number format, made once for each currency. */
function formatFor(currency: string): Intl.NumberFormat {
  let format = formats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat("en", { style: "currency", currency });
    formats.set(currency, format);
  }
  return format;
}

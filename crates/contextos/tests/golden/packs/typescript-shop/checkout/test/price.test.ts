import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPrice } from "../src/cart/price.js";

test("a price has its currency", () => {
  const customer = { id: "1", name: "Ada" };
  assert.equal(formatPrice({ cents: 1250, currency: "EUR" }, customer), "€12.50");
});

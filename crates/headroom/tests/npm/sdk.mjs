// Calls a server the way users of the npm package do, and checks what the package makes of its answers.
// node sdk.mjs URL URL_OF_A_SERVER_THAT_MAKES_NOTHING_SMALLER

import assert from "node:assert/strict";
import {
  compress,
  ConfigurationError,
  HeadroomClient,
  HeadroomConnectionError,
  simulate,
  SharedContext,
  StorageError,
  ValidationError,
} from "headroom-ai";

const [url, silentUrl] = process.argv.slice(2);
const client = new HeadroomClient({ baseUrl: url, fallback: false, retries: 0 });
const ccr = new HeadroomClient({ baseUrl: url, fallback: false, retries: 0, config: { mode: "ccr" } });

const records = JSON.stringify(
  Array.from({ length: 200 }, (_, i) => ({ identifier: i, state: "open", amount: i * 1.5 })),
);
const log = Array.from(
  { length: 500 },
  (_, i) => `2024-05-01T10:00:${String(i % 60).padStart(2, "0")}Z INFO request ${i} done in ${i % 13} ms`,
).join("\n");
const conversation = (content) => [
  { role: "system", content: "You are a coding agent." },
  { role: "user", content: "what is slow?" },
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "c1", type: "function", function: { name: "run", arguments: '{"cmd":"cat log"}' } }],
  },
  { role: "tool", tool_call_id: "c1", content },
];

// health, at the package's own default address too if the server is there
const health = await client.health();
assert.equal(health.status, "healthy");
assert.equal(typeof health.version, "string");
assert.equal(health.config.optimize, true);
assert.equal(health.config.rateLimit, false);
assert.deepEqual((await client.validateSetup()).errors, []);

// compress: OpenAI's shape and Anthropic's
const smaller = await compress(conversation(records), { client, model: "gpt-4o" });
assert.equal(smaller.compressed, true);
assert.equal(smaller.messages.length, 4);
assert.deepEqual(smaller.messages.slice(0, 3), conversation(records).slice(0, 3));
assert.ok(smaller.messages[3].content.length * 2 < records.length);
assert.ok(smaller.tokensSaved > 0 && smaller.tokensSaved === smaller.tokensBefore - smaller.tokensAfter);
assert.ok(smaller.compressionRatio < 1);
assert.deepEqual(smaller.ccrHashes, []);
assert.ok(smaller.transformsApplied.length > 0);

const anthropic = await compress(
  [
    { role: "user", content: "what is slow?" },
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "run", input: { cmd: "cat" } }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: records }] },
  ],
  { client, model: "claude-sonnet-4-5-20250929", tokenBudget: 4000 },
);
assert.equal(anthropic.messages.length, 3);
assert.ok(JSON.stringify(anthropic.messages).length * 2 < records.length);

// compress with a way back, and retrieve
const left = await compress(conversation(log), { client: ccr, model: "gpt-4o" });
assert.ok(left.ccrHashes.length > 0);
for (const hash of left.ccrHashes) {
  assert.match(hash, /^[a-f0-9]{24}$/);
  const original = await client.retrieve(hash);
  assert.equal(original.hash, hash);
  assert.ok(log.includes(original.originalContent.trimEnd()));
  assert.ok(original.originalTokens > 0);
  assert.ok(original.retrievalCount >= 1);
}
// A long text has a way back for each of its stretches; one of them holds the line.
const asked = await Promise.all(left.ccrHashes.map((hash) => client.retrieve(hash, { query: "request 123 " })));
const found = asked.find((each) => each.results[0]?.text.includes("request 123 "));
assert.ok(found);
assert.equal(found.query, "request 123 ");
assert.equal(found.count, found.results.length);
const answered = await client.handleToolCall({
  provider: "anthropic",
  toolCall: { id: "t9", name: "headroom_retrieve", input: { hash: left.ccrHashes[0] } },
});
assert.equal(answered.success, true);
assert.equal(answered.toolResult.toolUseId, "t9");

// simulate: what would be saved, and nothing is kept
const simulation = await simulate(conversation(records), { client });
assert.ok(simulation.tokensSaved > 0);
assert.deepEqual(simulation.messagesOptimized, simulation.messages);
assert.ok(simulation.transforms.length > 0);

// the package's store of shared texts goes through compress
const shared = new SharedContext({ baseUrl: url });
const entry = await shared.put("records", records);
assert.ok(entry.compressedTokens < entry.originalTokens);

// stats
const stats = await client.proxyStats();
assert.ok(stats.requests.total > 0 && stats.requests.byModel["gpt-4o"] > 0);
assert.ok(stats.tokens.saved > 0 && stats.tokens.savingsPercent > 0);
assert.equal(typeof stats.latency.averageMs, "number");
const summary = await client.getSummary();
assert.equal(summary.totalTokensSaved, (await client.getStats()).totalTokensSaved);
assert.ok((await client.getMetrics({ model: "gpt-4o", limit: 2 })).length === 2);
const store = await client.getCCRStats();
assert.ok(store.store.entries > 0 && store.store.retrievals > 0);
assert.equal(store.recentRetrievals[0].hash, left.ccrHashes[0]);
assert.match(await client.prometheusMetrics(), /^headroom_tokens_saved_total \d+$/m);
assert.ok((await client.statsHistory({ series: "daily" })).series.daily.length > 0);

// errors become the package's own
await assert.rejects(client.retrieve("0123456789abcdef01234567"), StorageError);
await assert.rejects(client.compressRaw({ messages: "hello", model: "gpt-4o" }), ValidationError);
await assert.rejects(
  new HeadroomClient({ baseUrl: silentUrl }).compressRaw({ text: "a" }),
  ConfigurationError,
);
const nobody = new HeadroomClient({ baseUrl: "http://127.0.0.1:1", retries: 0, fallback: false });
await assert.rejects(nobody.health(), HeadroomConnectionError);

console.log("all well");

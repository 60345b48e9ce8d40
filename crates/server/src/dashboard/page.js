// Shows the content of /stats and /stats-history, and fetches them again periodically. Names come from
// clients and are only ever set as text.
"use strict";

// How often /stats and /stats-history are fetched, in milliseconds, and the rows of a table and of the list
// of requests that are shown at first. All by hand.
const LIVE_MS = 2000;
const PAST_MS = 20000;
const ROWS = 12;
const FEW = 10;
const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);

// ---- elements ----

/** An element with a class and children: elements, or texts. */
function el(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** A number: its text, and the path under which the server's response has it. */
function figure(path, text, className) {
  const node = el("span", className, text);
  node.dataset.figure = path;
  return node;
}

function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** A bar: its whole length is before, the filled part after compression, or what it would be. */
function bar(before, after, most, isSent = true) {
  const whole = most > 0 ? (before / most) * 100 : 0;
  const filled = most > 0 ? (after / most) * 100 : 0;
  return svg(
    "svg",
    { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "before", x: 0, y: 0, width: whole, height: 10 }),
    svg("rect", { class: isSent ? "after" : "would", x: 0, y: 0, width: Math.min(filled, whole), height: 10 }),
  );
}

/**
 * A table. Columns whose head begins with # hold numbers; those whose head ends in ~ are hidden on narrow
 * screens. `className`: "cards" shows rows as cards there.
 */
function table(heads, rows, className = "") {
  const names = heads.map((head) => head.replace(/[#~]/g, ""));
  const cell = (name, content, at) => {
    const node = el(name, heads[at].includes("#") ? "number" : "text", content);
    if (heads[at].endsWith("~")) node.classList.add("extra");
    if (name === "th") node.scope = "col";
    else node.dataset.name = names[at];
    return node;
  };
  const head = el("tr", "", names.map((text, at) => cell("th", text, at)));
  const body = rows.map((row) => el("tr", "", row.map((content, at) => cell("td", content, at))));
  return el("div", "scroll", el("table", className, el("thead", "", head), el("tbody", "", body)));
}

// ---- numbers and words ----

const integer = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const count = (number) => integer.format(number);
const percent = (number) => `${number.toFixed(1)} %`;

function short(number) {
  for (const [size, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (number >= size) return `${(number / size).toPrecision(3)} ${unit}`;
  }
  return count(number);
}

function money(dollars) {
  const sign = dollars < 0 ? "−" : "";
  const amount = Math.abs(dollars);
  return `${sign}$${amount.toFixed(amount > 0 && amount < 1 ? 4 : 2)}`;
}

function time(ms) {
  if (ms >= 10000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

function duration(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"]];
  const at = parts.findIndex(([size]) => seconds >= size);
  if (at < 0) return `${Math.floor(seconds)} s`;
  const [size, unit] = parts[at];
  const next = parts[at + 1];
  const rest = next ? Math.floor((seconds % size) / next[0]) : 0;
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${next[1]}` : ""}`;
}

const plural = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;
const saved = (before, after) => (before > 0 ? percent(((before - after) / before) * 100) : "–");

const KINDS = { kept: "never changed", "": "–" };
const kindName = (kind) => KINDS[kind] ?? kind;

// ---- the parts of the page ----

function tile(name, value, ...lines) {
  return el("div", "tile", el("span", "faint", name), el("b", "", value), lines.map((line) => el("div", "faint", line)));
}

function tiles(stats) {
  const { tokens, cost, prefix_cache: cache, requests, overhead, ttfb, retrieval, summary } = stats;
  const isMeter = summary.mode === "meter";
  const totals = cache.totals;
  const providers = Object.entries(requests.by_provider).map(([name, n]) => `${name}\u00a0${count(n)}`);
  const savedTile = isMeter
    ? tile("Tokens that would be saved", figure("tokens.would_save", count(tokens.would_save), "good"),
        ["of ", figure("tokens.total_before_compression", count(tokens.total_before_compression)), " tokens in tool results"],
        "requests are sent unchanged")
    : tile("Tokens saved", figure("tokens.saved", count(tokens.saved), "good"),
        ["of ", figure("tokens.total_before_compression", count(tokens.total_before_compression)),
          " in tool results: ", figure("tokens.savings_percent", percent(tokens.savings_percent))],
        tokens.would_save > 0 ? `${count(tokens.would_save)} more would be saved in the holdout` : null);
  const moneyTile = isMeter
    ? tile("Would be saved (estimate)", figure("cost.would_save_usd_estimate", money(cost.would_save_usd_estimate), "good"),
        ["billed ", figure("cost.usd", money(cost.usd))])
    : tile("Saved (estimate)", figure("cost.saved_usd_estimate", money(cost.saved_usd_estimate), cost.saved_usd_estimate < 0 ? "bad" : "good"),
        ["billed ", figure("cost.usd", money(cost.usd))],
        ["uncompressed: ", figure("cost.without_usd_estimate", money(cost.without_usd_estimate)), " (estimate)"]);
  return [
    savedTile,
    moneyTile,
    tile("Prefix cache hits", figure("prefix_cache.totals.hit_rate", percent(totals.hit_rate)),
      [figure("prefix_cache.totals.hit_requests", count(totals.hit_requests)), " of ", plural(totals.requests, "request", "requests")],
      [figure("prefix_cache.totals.read_percent", percent(totals.read_percent)), " of input was read from it"]),
    tile("Requests", figure("summary.api_requests", count(summary.api_requests)),
      providers.length ? providers.join(" · ") : null,
      problems(requests)),
    tile("Added latency", figure("overhead.p50_ms", time(overhead.p50_ms)),
      ["p99 ", figure("overhead.p99_ms", time(overhead.p99_ms))],
      ttfb.count ? ["first byte: p50 ", figure("ttfb.p50_ms", time(ttfb.p50_ms)), ", p99 ", figure("ttfb.p99_ms", time(ttfb.p99_ms))] : null),
    tile("Retrieved", figure("retrieval.asked", count(retrieval.asked)),
      [figure("retrieval.in_vain", count(retrieval.in_vain)), " failed"],
      [figure("retrieval.replayed", count(retrieval.replayed)), " replayed later, ", figure("retrieval.replay_missing", count(retrieval.replay_missing)), " missing"]),
  ];
}

/** Requests that failed or were abandoned. */
function problems(requests) {
  const refused = {};
  for (const statuses of Object.values(requests.by_status)) {
    for (const [status, n] of Object.entries(statuses)) {
      if (!status.startsWith("2") && status !== "101") refused[status] = (refused[status] ?? 0) + n;
    }
  }
  const parts = Object.entries(refused).map(([status, n]) => `${count(n)} × ${status === "none" ? "no response" : `status ${status}`}`);
  if (requests.client_gone > 0) parts.push(`${count(requests.client_gone)} abandoned by the client`);
  return parts.length ? parts.join(", ") : "all succeeded";
}

function warnings(stats, past) {
  const { compression, retrieval, store, cost } = stats;
  const found = [];
  if (compression.failed > 0) {
    found.push(`${plural(compression.failed, "text", "texts")} weren't compressed because of an error; the log has the details.`);
  }
  if (retrieval.replay_missing > 0) {
    found.push(`${plural(retrieval.replay_missing, "turn", "turns")} lost a retrieval: its replay entry is gone, so the provider's prefix cache was missed from there on, once.`);
  }
  if (store.error) found.push(`The store of originals can't be used: ${store.error}`);
  if (past?.kept.error) found.push(`The history isn't shown: ${past.kept.error}`);
  if (cost.unpriced_requests > 0) {
    found.push(`${plural(cost.unpriced_requests, "request is", "requests are")} of models without a known price: counted in tokens, not in costs. Add the prices to prices.toml.`);
  }
  return found.map((text) => el("p", "notice", text));
}

/** Blocks by kind or tool, those that save most, or would, first. */
function sorts(id, title, what, name, stats) {
  const isMeter = stats.summary.mode === "meter";
  const key = isMeter ? "tokens_would_save" : "tokens_saved";
  const rows = Object.entries(stats.blocks[id]).map(([sort, sum]) => ({ sort, all: sum.in_all_requests, blocks: sum.blocks }));
  rows.sort((a, b) => b.all[key] - a.all[key] || b.all.tokens_before - a.all.tokens_before || (a.sort < b.sort ? -1 : 1));
  const most = Math.max(0, ...rows.map(({ all }) => all.tokens_before));
  const shown = rows.slice(0, ROWS).map(({ sort, all, blocks }) => {
    const path = (rest) => `blocks.${id}.${sort}.in_all_requests.${rest}`;
    const after = all.tokens_before - all[key];
    return [
      name(sort),
      bar(all.tokens_before, after, most, !isMeter),
      figure(path("tokens_before"), count(all.tokens_before)),
      isMeter ? figure(path(key), count(all[key])) : figure(path("tokens_after"), count(after)),
      saved(all.tokens_before, after),
      count(blocks),
    ];
  });
  const heads = [what, "~", "#before", isMeter ? "#would save" : "#after", "#saved", "#blocks~"];
  const rest = rows.length > ROWS ? el("p", "faint", `and ${rows.length - ROWS} more in /stats`) : null;
  return [
    el("h2", "", title),
    shown.length ? table(heads, shown) : el("p", "faint", "Nothing yet."),
    rest,
  ].filter(Boolean);
}

function models(byModel) {
  const rows = Object.entries(byModel)
    .sort((a, b) => b[1].usage.total_input - a[1].usage.total_input || (a[0] < b[0] ? -1 : 1))
    .map(([name, model]) => {
      const { usage, cost } = model;
      const path = (rest) => `by_model.${name}.${rest}`;
      const isPriced = cost.priced_requests > 0;
      return [
        name,
        figure(path("requests"), count(model.requests)),
        figure(path("tokens_saved"), count(model.tokens_saved)),
        figure(path("usage.input"), count(usage.input)),
        figure(path("usage.cache_write"), count(usage.cache_write)),
        figure(path("usage.cache_read"), count(usage.cache_read)),
        figure(path("usage.output"), count(usage.output)),
        isPriced ? figure(path("cost.usd"), money(cost.usd)) : "–",
        isPriced ? figure(path("cost.without_usd_estimate"), money(cost.without_usd_estimate)) : "–",
      ];
    });
  const heads = ["model", "#requests", "#saved", "#input", "#cache written", "#cache read", "#output", "#billed", "#uncompressed (estimate)"];
  return [
    el("h2", "", "By model"),
    el("p", "faint", "Tokens as the provider reported them. Input: tokens neither read from the prefix cache nor written to it."),
    rows.length ? table(heads, rows, "cards") : el("p", "faint", "Nothing yet."),
  ];
}

const WHYS = {
  no_shorter_form: "nothing shorter keeps what matters",
  nothing_can_be_left_out: "nothing could be omitted in this request",
  never_changed: "never changed",
};

function unchanged(blocks) {
  const rows = blocks.map((block, at) => [
    block.tool,
    kindName(block.kind),
    figure(`blocks.unchanged.${at}.tokens`, count(block.tokens)),
    figure(`blocks.unchanged.${at}.times`, count(block.times)),
    WHYS[block.why] + (block.detail ? `: ${block.detail}` : ""),
    clock(block.timestamp),
  ]);
  return [
    el("h2", "", "Largest blocks left unchanged"),
    rows.length ? table(["tool", "kind", "#tokens", "#times", "why", "last"], rows, "cards") : el("p", "faint", "None yet."),
  ];
}

const clock = (timestamp) => new Date(timestamp).toLocaleTimeString("en-GB");

function holdout(holdout) {
  const { compressed, left_alone: alone, share } = holdout;
  const section = byId("holdout");
  section.hidden = !(share > 0);
  if (section.hidden) return [];
  const row = (name, path, format, of) => {
    const [a, b] = [of(compressed), of(alone)];
    return [name, figure(`holdout.compressed.${path}`, format(a)), figure(`holdout.left_alone.${path}`, format(b)), b > 0 && a > 0 ? (a / b).toFixed(2) : "–"];
  };
  const rows = [
    row("conversations", "conversations", count, (arm) => arm.conversations),
    row("requests", "requests", count, (arm) => arm.requests),
    row("input tokens per request", "each_request.input_tokens", count, (arm) => arm.each_request.input_tokens),
    row("output tokens per request", "each_request.output_tokens", count, (arm) => arm.each_request.output_tokens),
    row("billed per request", "each_request.cost_usd", money, (arm) => arm.each_request.cost_usd),
    row("retrieved", "retrievals", count, (arm) => arm.retrievals),
  ];
  const few = Math.min(compressed.conversations, alone.conversations) < 20;
  return [
    el("h2", "", "Comparison with the holdout"),
    el("p", "faint", `About ${percent(share * 100)} of conversations, chosen by their first block, are sent unchanged. ` +
      (few ? "There are too few so far for more than a tendency, since conversations differ." : "Both columns are reported usage, not estimates; but conversations differ.")),
    table(["", "#compressed", "#holdout", "#ratio"], rows),
  ];
}

// ---- recent requests ----

const opened = new Map();
let isAllShown = false;

function request(stats, one, at, most) {
  const path = (rest) => `recent_requests.${at}.${rest}`;
  const isRefused = one.status === null || one.status >= 400;
  const isBad = isRefused || one.ending !== "done";
  const kinds = Object.entries(one.by_kind).sort((a, b) => b[1].tokens_before - a[1].tokens_before);
  const head = el("div", "line",
    el("span", "faint", clock(one.timestamp)),
    el("b", "", one.model ?? "no model"),
    el("span", "faint", one.provider ? one.mode : `/v1/compress (${one.mode})`),
    isBad ? el("span", "bad", one.status === null ? "no response" : one.ending === "done" ? `status ${one.status}` : `${one.status}, ${one.ending}`) : null,
    one.held_out ? el("span", "badge", "holdout") : null,
    !one.applied && !one.held_out ? el("span", "badge", "only measured") : null,
    one.retrievals > 0 ? el("span", "badge", plural(one.retrievals, "retrieval", "retrievals")) : null,
  );
  const less = one.applied ? one.tokens_saved : one.tokens_would_save;
  const figures = el("div", "line",
    isRefused ? el("span", "faint", "not billed, so it isn't counted") : el("span", "", figure(path("input_tokens_original"), count(one.input_tokens_original)), " → ",
      figure(path("input_tokens_optimized"), count(one.input_tokens_optimized)), one.provider ? " tokens of tool results" : " tokens"),
    less > 0 ? el("span", "good", `${count(less)} ${one.applied ? "saved" : "would be saved"}`) : null,
    one.usage ? el("span", "faint", `input ${count(one.usage.total_input)}, ${count(one.usage.cache_read)} of it from the cache; output ${count(one.usage.output)}`) : null,
    one.cost_usd !== null ? el("span", "faint", figure(path("cost_usd"), money(one.cost_usd))) : null,
    el("span", "faint", `added ${time(one.optimization_latency_ms)}`),
    one.reason ? el("span", "faint", `nothing omitted: ${one.reason}`) : null,
  );
  const chips = kinds.map(([kind, sum]) => el("span", "chip", `${kindName(kind)} `,
    figure(path(`by_kind.${kind}.tokens_before`), count(sum.tokens_before)),
    sum.tokens_after < sum.tokens_before
      ? [" → ", figure(path(`by_kind.${kind}.tokens_after`), count(sum.tokens_after), "good")]
      : " unchanged"));
  const item = el("li", "request", head, isRefused ? null : bar(one.input_tokens_original, one.input_tokens_original - less, most, one.applied), figures,
    chips.length ? el("div", "line", chips) : null);
  if (stats.log_messages && one.provider) item.append(messages(one.id));
  return item;
}

function recent(stats) {
  const all = stats.recent_requests;
  const shown = isAllShown ? all : all.slice(0, FEW);
  const most = Math.max(1, ...shown.map((one) => one.input_tokens_original));
  const more = el("button", "", isAllShown ? "Show fewer" : `Show all ${all.length}`);
  more.type = "button";
  more.addEventListener("click", () => {
    isAllShown = !isAllShown;
    byId("recent").replaceChildren(...recent(stats));
  });
  return [
    el("div", "head", el("h2", "", "Recent requests"), all.length > FEW ? more : ""),
    shown.length
      ? el("ol", "requests", shown.map((one, at) => request(stats, one, at, most)))
      : el("p", "faint", "None since the server started."),
  ];
}

/** A button that shows the content of a request's blocks, before and after. */
function messages(id) {
  const box = el("div", "messages");
  const button = el("button", "", opened.has(id) ? "Hide content" : "Show content");
  button.type = "button";
  button.addEventListener("click", async () => {
    if (opened.has(id)) {
      opened.delete(id);
    } else {
      const answer = await ask(`/stats/messages/${id}`).catch(() => null);
      opened.set(id, answer ? answer.blocks : []);
    }
    box.replaceWith(messages(id));
  });
  box.append(button);
  if (opened.has(id)) {
    const blocks = opened.get(id);
    if (!blocks.length) box.append(el("p", "faint", "Nothing new in this request, or its content is no longer kept."));
    for (const block of blocks) {
      box.append(
        el("p", "", `${block.tool}, ${kindName(block.kind)}: ${count(block.tokens_before)} → ${count(block.tokens_after)} tokens`),
        el("div", "pair", el("pre", "", block.before), el("pre", "", block.after)),
      );
    }
  }
  return box;
}

// ---- savings over time ----

const PERIODS = {
  hourly: { most: 48, step: 3600e3, length: 13 },
  daily: { most: 30, step: 86400e3, length: 10 },
  monthly: { most: 24, step: 0, length: 7 },
};
let series = "daily";

/** The last periods, those without a request included. */
function points(all) {
  const { most, step, length } = PERIODS[series];
  const known = new Map(all.map((point) => [point.period, point]));
  const names = [];
  const now = new Date();
  for (let at = most - 1; at >= 0; at -= 1) {
    const moment = step
      ? new Date(now.getTime() - at * step)
      : new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - at, 1));
    names.push(moment.toISOString().slice(0, length));
  }
  return names.map((period) => known.get(period) ?? { period, requests: 0, tokens_before: 0, tokens_after: 0, tokens_saved: 0 });
}

function chart(past) {
  const shown = points(past.series[series] ?? []);
  const most = Math.max(1, ...shown.map((point) => point.tokens_before));
  const width = 100 / shown.length;
  const bars = shown.flatMap((point, at) => {
    const would = point.tokens_would_save ?? 0;
    const [before, after, less] = [point.tokens_before, point.tokens_after, point.tokens_after - would].map((tokens) => (tokens / most) * 100);
    const x = at * width + width * 0.12;
    const place = { x, width: width * 0.76 };
    const text = `${point.period}: ${count(point.tokens_saved)} of ${count(point.tokens_before)} tokens saved, ${plural(point.requests, "request", "requests")}`;
    return [
      svg("g", {},
        svg("title", {}, text),
        svg("rect", { class: "room", x: at * width, y: 0, width, height: 100 }),
        svg("rect", { ...place, class: "saved", y: 100 - before, height: before }),
        svg("rect", { ...place, class: "would", y: 100 - after, height: after - less }),
        svg("rect", { ...place, class: "sent", y: 100 - less, height: less })),
    ];
  });
  const picture = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img", "aria-label": "Tokens sent and saved over time" }, ...bars);
  return [
    el("div", "scale", el("span", "", short(most)), el("span", "", "0")),
    el("div", "plot", picture),
    el("div", "ends", el("span", "", shown[0].period), el("span", "", shown.at(-1).period)),
  ];
}

function lifetime(past) {
  if (!past.since) return ["Nothing counted yet."];
  const { lifetime: all } = past;
  const parts = [
    `Since ${past.since.slice(0, 10)}: `,
    figure("lifetime.tokens_saved", count(all.tokens_saved), "good"), " tokens saved of ",
    figure("lifetime.tokens_before", count(all.tokens_before)), " (", figure("lifetime.savings_percent", percent(all.savings_percent)), ") in ",
    figure("lifetime.requests", count(all.requests)), all.requests === 1 ? " request" : " requests", "; billed ",
    figure("lifetime.cost.usd", money(all.cost.usd)), ", saved about ",
    figure("lifetime.cost.saved_usd_estimate", money(all.cost.saved_usd_estimate)), ".",
  ];
  if (all.tokens_would_save > 0) {
    parts.push(" Would be saved where requests were left alone: ", figure("lifetime.tokens_would_save", count(all.tokens_would_save)), " tokens.");
  }
  if (!past.kept.is_kept) parts.push(" This history ends with the server, which keeps nothing on disk.");
  return parts;
}

// ---- fetching ----

let token = "";
let seen = "";
let pastSeen = null;
let lastPast = -Infinity;

async function ask(path) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { headers, cache: "no-store" });
  if (answer.status === 401) byId("token").hidden = false;
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

function show(stats, past) {
  const isMeter = stats.summary.mode === "meter";
  byId("mode").hidden = false;
  byId("mode").textContent = isMeter ? "only measuring" : "compressing";
  byId("about").textContent = `${stats.version} · up ${duration(stats.uptime_seconds)}`;
  // The page is built again only if a number has changed.
  const now = JSON.stringify([{ ...stats, uptime_seconds: 0 }, past, series]);
  if (now === seen) return;
  seen = now;
  const isEmpty = stats.summary.api_requests === 0 && !(past?.lifetime.requests > 0);
  byId("empty").hidden = !isEmpty;
  byId("shown").hidden = isEmpty;
  byId("how").textContent = `headroom wrap claude\n\n# or, for any agent:\nexport ANTHROPIC_BASE_URL=${location.origin}\nexport OPENAI_BASE_URL=${location.origin}/v1`;
  byId("tiles").replaceChildren(...tiles(stats));
  byId("warnings").replaceChildren(...warnings(stats, past));
  byId("kinds").replaceChildren(...sorts("by_kind", "By kind of content", "kind", kindName, stats));
  byId("tools").replaceChildren(...sorts("by_tool", "By tool", "tool", (name) => name, stats));
  byId("models").replaceChildren(...models(stats.by_model));
  byId("recent").replaceChildren(...recent(stats));
  byId("unchanged").replaceChildren(...unchanged(stats.blocks.unchanged));
  byId("holdout").replaceChildren(...holdout(stats.holdout));
  if (past) {
    byId("would").hidden = !(past.lifetime.tokens_would_save > 0);
    byId("lifetime").replaceChildren(...lifetime(past));
    byId("chart").replaceChildren(...chart(past));
  }
}

async function refresh() {
  try {
    const stats = await ask("/stats");
    if (performance.now() - lastPast > PAST_MS || stats.summary.api_requests !== pastSeen?.at) {
      const past = await ask("/stats-history");
      delete past.history;
      pastSeen = { at: stats.summary.api_requests, past };
      lastPast = performance.now();
    }
    show(stats, pastSeen?.past);
    byId("token").hidden = true;
    byId("state").textContent = "live";
    document.body.dataset.state = "shown";
  } catch (error) {
    byId("state").textContent = document.body.dataset.state === "shown" ? "the server doesn't respond; these numbers are old" : "no data";
    document.body.dataset.state = "stale";
  }
}

async function poll() {
  // A hidden page doesn't fetch.
  if (!document.hidden) await refresh();
  setTimeout(poll, LIVE_MS);
}

byId("token").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("token-text").value;
  refresh();
});
for (const button of document.querySelectorAll("[data-series]")) {
  button.addEventListener("click", () => {
    series = button.dataset.series;
    for (const other of document.querySelectorAll("[data-series]")) other.setAttribute("aria-pressed", String(other === button));
    refresh();
  });
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
poll();

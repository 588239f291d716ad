import { expect, test } from "vitest";
import { markdownOf } from "./markdown.ts";
import { svgOf } from "./svg.ts";
import type { Trace, TraceEvent } from "./trace.ts";

const source = { file: "a<b.c", line: 7, column: 1, endLine: 7, endColumn: 2 };
const line = {
  physical: "0x1000",
  data: "11".repeat(32),
  dirty: [false],
  stale: Array.from({ length: 32 }, (_, i) => i < 2),
};
const events: TraceEvent[] = [
  { step: 0, agent: "cpu", sentence: "It maps.", kind: "step", source, code: "a < b && map(`x`)", function: "f" },
  { step: 1, agent: "user", sentence: "The application reads.", kind: "step" },
  {
    step: 1,
    agent: "user",
    sentence: "The copy is stale now.",
    kind: "line",
    action: "staleness",
    set: 0,
    way: 0,
    after: line,
  },
  {
    step: 1,
    agent: "user",
    sentence: "It reads 1111: stale.",
    kind: "load",
    physical: "0x1000",
    value: "1111",
    expected: "2222",
    stale: true,
    supplier: "cache",
  },
  {
    step: 1,
    agent: "cpu",
    sentence: "Harm: <11>.",
    kind: "harm",
    harm: "stale-read",
    physical: "0x1000",
    expected: "2222",
    got: "1111",
  },
];
const trace: Trace = {
  version: 1,
  tool: "dma-lens 9",
  title: "Device & application",
  rule: "dma/x",
  platform: {
    id: "m",
    title: "Machine",
    coherent: false,
    lineBytes: 32,
    granuleBytes: 32,
    ways: 1,
    sets: 1,
    indexing: "PIPT",
    pageBytes: 4096,
    facts: [],
  },
  schedule: "0:evict(1000)",
  outcome: { kind: "harm", harm: "stale-read", sentence: "It is stale.", event: 4 },
  verdict: "sometimes",
  sources: [],
  objects: [{ id: "o", name: "s->ring", kind: "coherent", physical: "0x1000", size: 64 }],
  events,
};

test("a mail tells the verdict, each step, and the picture of the harm with the stale bytes marked", () => {
  const text = markdownOf(trace, { message: "Look here.", link: "vscode://x/replay?step=1" });
  expect(text).toContain("**Look here.**");
  expect(text).toContain("Verdict: **sometimes** harmful. It is stale.");
  expect(text).toContain("1. Kernel: `a < b && map('x')` It maps. (a<b.c:7)");
  expect(text).toContain("2. App: The application reads. **≠ stale**");
  expect(text).toContain("s->ring  cache  !11 !11  11  11  11  11  11  11  clean, STALE");
  expect(text).toContain("App reads 1111, the newest is 2222");
  expect(text).toContain("Replay: <vscode://x/replay?step=1>");
});

test("a mail of a long run tells the stale steps and counts the others", () => {
  const long = Array.from(
    { length: 500 },
    (_, step): TraceEvent => ({ step, agent: "cpu", sentence: `Step ${step}.`, kind: "step" }),
  );
  const text = markdownOf({
    ...trace,
    events: [...long, ...events.map((event) => ({ ...event, step: event.step + 500 }))],
  });
  expect(text).toContain("502. App: The application reads. **≠ stale**");
  expect(text).toMatch(/… 4\d\d steps …/);
  expect(text.split("\n").length).toBeLessThan(60);
});

test("the picture is well-formed, marks stale bytes by shape and sign, and says in words what it shows", () => {
  const svg = svgOf(trace, 1);
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(2);
  expect(svg.match(/≠11/g)).toHaveLength(2);
  expect(svg).toContain("<title>Device &amp; application</title>");
  expect(svg).toContain("Harm: &lt;11&gt;.");
  expect(svg).not.toMatch(/<script|style=|href=/);
  const open = svg.match(/<(svg|title|desc|defs|pattern|text)[ >]/g)?.length;
  expect(svg.match(/<\/(svg|title|desc|defs|pattern|text)>/g)).toHaveLength(open ?? 0);
});

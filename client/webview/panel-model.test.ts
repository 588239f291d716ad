import {
  memoryRows,
  Replay,
  spellBytes,
  timelineOf,
  viewRow,
  type Trace,
  type TraceEvent,
} from "@dma-lens/engine/trace";
import { expect, test } from "vitest";
import { type HostMessage, type PanelReplay, type PanelState, protocolVersion } from "../shared/protocol.ts";
import { keyMove } from "./keys.ts";
import { followOrigin, move } from "./moves.ts";
import { emptyModel, type PanelModel, receive } from "./panel-model.ts";

const at = (step: number, agent: TraceEvent["agent"]) => ({ step, agent, sentence: `Sentence ${step}.` });
const events: TraceEvent[] = [
  { ...at(0, "cpu"), kind: "step", source: { file: "a.c", line: 7, column: 1, endLine: 7, endColumn: 2 } },
  {
    ...at(0, "cpu"),
    kind: "line",
    action: "fill",
    set: 0,
    way: 0,
    after: { physical: "0x1000", data: "11".repeat(32), dirty: [false, false], stale: [] },
  },
  { ...at(1, "device"), kind: "memory", physical: "0x1010", before: "11", after: "22", writer: "device" },
  {
    ...at(1, "device"),
    kind: "line",
    action: "staleness",
    set: 0,
    way: 0,
    before: { physical: "0x1000", data: "11".repeat(32), dirty: [false, false], stale: [] },
    after: {
      physical: "0x1000",
      data: "11".repeat(32),
      dirty: [false, false],
      stale: Array.from({ length: 32 }, (_, i) => i === 16),
    },
  },
  { ...at(2, "user"), kind: "load", physical: "0x1010", value: "11", expected: "22", stale: true, supplier: "cache" },
  {
    ...at(3, "device"),
    kind: "memory",
    physical: "0x8000",
    before: "00".repeat(4096),
    after: "ff".repeat(4096),
    writer: "device",
  },
];
const trace = {
  version: 1,
  schedule: "s",
  objects: [{ id: "o", name: "s->ring", kind: "coherent", physical: "0x1000", size: 4096 }],
  events,
} as unknown as Trace;
const replay: PanelReplay = {
  variant: { kind: "as-is" },
  platform: "arm926",
  verdict: "sometimes",
  sentence: "It goes stale.",
  trace,
};
const state: PanelState = {
  version: protocolVersion,
  uri: "file:///a.c",
  platform: "arm926",
  variant: { kind: "as-is" as const },
  step: 2,
};
const init: HostMessage = { version: protocolVersion, kind: "init", platforms: [], replay, state };
const makeRun = (given: PanelReplay) =>
  given.trace && {
    replay: new Replay(given.trace),
    steps: timelineOf(given.trace),
    rows: memoryRows(given.trace),
  };
const started = (): PanelModel => receive(emptyModel, init, makeRun);

test("begins at the step that was kept, and clamps a step that no longer exists", () => {
  expect(started().step).toBe(2);
  expect(receive(emptyModel, { ...init, state: { ...state, step: 99 } }, makeRun).step).toBe(3);
});

test("moves are clamped, and stale steps are found both ways", () => {
  const model = started();
  expect(move(model, { to: "by", count: 10 }).step).toBe(3);
  expect(move(model, { to: "by", count: -10 }).step).toBe(0);
  expect(move(move(model, { to: "first" }), { to: "nextStale" }).step).toBe(1);
  expect(move(move(model, { to: "last" }), { to: "previousStale" }).step).toBe(2);
  expect(move({ ...model, playing: true, step: 2 }, { to: "next" }).playing).toBe(false);
});

test("the editor's cursor chooses the first step of its line, another line nothing", () => {
  const message = (line: number): HostMessage => ({ version: protocolVersion, kind: "cursor", file: "a.c", line });
  expect(receive(started(), message(7), makeRun).step).toBe(0);
  expect(receive(started(), message(8), makeRun).step).toBe(2);
});

test("a run that could not be executed has no steps and keeps its sentence", () => {
  const bare: PanelReplay = {
    variant: { kind: "as-is" },
    platform: "arm926",
    verdict: "unknown",
    sentence: "No path.",
  };
  const model = receive(started(), { version: protocolVersion, kind: "trace", replay: bare, state }, makeRun);
  expect(model.run).toBeUndefined();
  expect(move(model, { to: "next" }).step).toBe(0);
});

test("draws the rows that the run touches, not whole buffers, with stale bytes and who reads them", () => {
  const rows = memoryRows(trace);
  expect(rows.map((row) => row.name)).toEqual(["s->ring + 0x10"]);
  const run = new Replay(trace);
  const [row] = rows;
  if (!row) throw new Error("no row");
  const before = viewRow(row, run.at(1), run.at(-1), events.slice(0, 2));
  expect(before.copies[0]?.cells[0]).toMatchObject({ text: "11", stale: false, changed: true });
  const after = viewRow(row, run.at(4), run.at(3), events.slice(4, 5));
  expect(after.copies[0]?.cells[0]).toMatchObject({ text: "11", stale: true, changed: false });
  expect(after.memory[0]?.text).toBe("22");
  expect(after.accesses).toEqual([
    { agent: "user", verb: "reads", value: "11", expected: "22", stale: true, supplier: "cache", physical: 0x1010 },
  ]);
});

test("who wrote this byte: first the byte that is read stale, then back to the steps that its bytes came from", () => {
  const asked = followOrigin({ ...started(), step: 2 });
  expect(asked.step).toBe(2);
  expect(asked.selected).toEqual({
    side: "left",
    place: { kind: "cache", physical: 0x1010, set: 0, way: 0 },
  });
  const filled = followOrigin(asked);
  expect(filled.step).toBe(0);
  expect(followOrigin(filled)).toEqual(filled);
  const ram = followOrigin({ ...asked, selected: { side: "left", place: { kind: "memory", physical: 0x1010 } } });
  expect(ram.step).toBe(1);
});

test("keys step, and leave typing and shortcuts alone", () => {
  const key = (name: string, more = {}) =>
    keyMove({ key: name, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more });
  expect(key("ArrowRight")).toEqual({ to: "next" });
  expect(key("ArrowLeft", { shiftKey: true })).toEqual({ to: "by", count: -10 });
  expect(key("]")).toEqual({ to: "nextStale" });
  expect(key(" ")).toBe("play");
  expect(key("ArrowRight", { ctrlKey: true })).toBeUndefined();
  expect(key("w")).toBe("origin");
  expect(key("Escape")).toBe("leave");
  expect(key("a")).toBeUndefined();
  expect(
    keyMove({ key: " ", shiftKey: false, ctrlKey: false, altKey: false, metaKey: false }, "BUTTON"),
  ).toBeUndefined();
});

test.each([
  ["11223344", "11223344"],
  ["1122334455667788", "1122334455667788"],
  ["00".repeat(32), "00 in 32 bytes"],
  ["112233445566778899aa", "1122334455667788… (10 bytes)"],
])("the bytes %s are spelled %s", (value, words) => expect(spellBytes(value)).toBe(words));

import { expect, test } from "vitest";
import { bytesAt, Replay, type ReplayState } from "./state.ts";
import { nextStale, stepsAtLine, timelineOf } from "./timeline.ts";
import type { CacheLine, Trace, TraceEvent } from "./trace.ts";

const line = (data: string, stale: boolean): CacheLine => ({
  physical: "0x1000",
  data,
  dirty: [false],
  stale: [stale, false],
});
const base = (step: number, agent: TraceEvent["agent"]) => ({ step, agent, sentence: `Step ${step}.` });
const events: TraceEvent[] = [
  { ...base(0, "cpu"), kind: "step", source: { file: "a.c", line: 3, column: 1, endLine: 4, endColumn: 9 } },
  { ...base(0, "cpu"), kind: "line", action: "fill", set: 1, way: 0, after: line("1100", false) },
  { ...base(1, "device"), kind: "step" },
  { ...base(1, "device"), kind: "memory", physical: "0x1000", before: "11", after: "22", writer: "device" },
  {
    ...base(1, "device"),
    kind: "line",
    action: "store",
    set: 1,
    way: 0,
    before: line("1100", false),
    after: line("1100", true),
  },
  { ...base(2, "cpu"), kind: "step" },
  { ...base(2, "cpu"), kind: "buffer", action: "push", physical: "0x1000", value: "33" },
  { ...base(2, "cpu"), kind: "buffer", action: "drain", physical: "0x1000", value: "33" },
  { ...base(2, "cpu"), kind: "line", action: "evict", set: 1, way: 0, before: line("1100", true) },
];
const trace = { version: 1, events } as unknown as Trace;

const shown = (state: ReplayState) => ({
  event: state.event,
  lines: [...state.lines],
  memory: [...state.memory.keys()].map((address) => [address, state.memory.get(address)]),
  mappings: [...state.mappings],
  buffer: state.buffer,
});

test("states are the same forwards, backwards and at random", () => {
  const forwards = new Replay(trace);
  const states = Array.from({ length: 10 }, (_, i) => shown(forwards.at(i - 1)));
  for (const i of [8, 3, 5, -1, 0, 8, 2]) expect(shown(forwards.at(i))).toEqual(states[i + 1]);
  expect(shown(new Replay(trace).at(99))).toEqual(states[9]);
});

test("memory is known before the first write, and follows the device", () => {
  const replay = new Replay(trace);
  expect(replay.at(-1).memory.get(0x1000)).toBe(0x11);
  expect(replay.at(2).memory.get(0x1000)).toBe(0x11);
  expect(replay.at(3).memory.get(0x1000)).toBe(0x22);
});

test("lines come and go, the buffer fills and drains", () => {
  const replay = new Replay(trace);
  expect(replay.at(1).lines.get("1/0")?.stale).toEqual([false, false]);
  expect(replay.at(4).lines.get("1/0")?.stale).toEqual([true, false]);
  expect(replay.at(8).lines.size).toBe(0);
  expect(replay.at(6).buffer).toHaveLength(1);
  expect(replay.at(7).buffer).toHaveLength(0);
});

const long = (count: number) =>
  new Replay({
    version: 1,
    events: Array.from({ length: count }, (_, i) => ({
      ...base(i, "device"),
      kind: "memory" as const,
      physical: `0x${(16 + 8 * (i % 300)).toString(16)}`,
      before: "00",
      after: (i % 256).toString(16).padStart(2, "0"),
      writer: "device" as const,
    })),
  } as unknown as Trace);

test("a state in a long trace is right wherever it is asked for", () => {
  const replay = long(10_000);
  for (const i of [9999, 500, 127, 128, 0, 256, 640]) {
    expect(replay.at(i).memory.get(16 + 8 * (i % 300))).toBe(i % 256);
  }
});

test("a state costs what is asked of it, not what came before: at most twice as much in a trace four times as long", () => {
  const costOf = (count: number): number => {
    const replay = long(count);
    replay.work.looked = 0;
    for (let step = 0; step < 24; step++) bytesAt(replay.at(Math.floor((count * step) / 24)), 16 + 8 * step, 8);
    return replay.work.looked;
  };
  const [short, tall] = [costOf(10_000), costOf(40_000)];
  expect(short).toBeLessThan(24 * 8 * 7);
  expect(tall).toBeLessThan(2 * short);
});

test("steps group events, know their source line and where a byte went stale", () => {
  const steps = timelineOf(trace);
  expect(steps.map((step) => [step.first, step.last, step.agent, step.stale])).toEqual([
    [0, 1, "cpu", false],
    [2, 4, "device", true],
    [5, 8, "cpu", false],
  ]);
  expect(stepsAtLine(steps, "a.c", 4)).toEqual([0]);
  expect(nextStale(steps, 0, 1)).toBe(1);
  expect(nextStale(steps, 1, 1)).toBeUndefined();
  expect(nextStale(steps, 2, -1)).toBe(1);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { alignSteps, differences, differingCells } from "./compare.ts";
import { memoryRows, viewRow } from "./picture.ts";
import { Replay } from "./state.ts";
import type { TimelineStep } from "./timeline.ts";
import type { Trace, TraceEvent } from "./trace.ts";

const steps = (text: string): TimelineStep[] =>
  Array.from(text).map((letter, index) => ({
    index,
    first: index,
    last: index,
    agent: letter === letter.toUpperCase() ? "device" : "cpu",
    sentences: [`${letter} at 0x${index.toString(16)}.`],
    stale: false,
    ...(letter === "c" && {
      code: "call()",
      function: "f",
      source: { file: "a.c", line: index, column: 1, endLine: index, endColumn: 2 },
    }),
  }));
const aligned = (left: string, right: string) =>
  alignSteps(steps(left), steps(right)).map(({ left, right, moves }) => `${String(left)},${String(right)} ${moves}`);

test.each([
  ["the same", "abD", "abD", ["0,0 both", "1,1 both", "2,2 both"]],
  ["a step that only one has", "abD", "aD", ["0,0 both", "1,0 left", "2,1 both"]],
  ["a statement that a fix has moved", "cD", "xcD", ["-1,0 right", "0,1 both", "1,2 both"]],
  ["nothing in common", "a", "B", ["0,-1 left", "0,0 right"]],
  ["a run without steps", "", "a", ["-1,0 right"]],
])("aligns %s", (_, left, right, pairs) => expect(aligned(left, right)).toEqual(pairs));

test("each step of both runs comes once, in its order", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "D"), maxLength: 12 });
  fc.assert(
    fc.property(word, word, (left, right) => {
      const pairs = alignSteps(steps(left), steps(right));
      expect(pairs.filter((pair) => pair.moves !== "right").map((pair) => pair.left)).toEqual(
        Array.from(left).map((_, i) => i),
      );
      expect(pairs.filter((pair) => pair.moves !== "left").map((pair) => pair.right)).toEqual(
        Array.from(right).map((_, i) => i),
      );
      expect(
        pairs.every(
          ({ left, right }, i) => i === 0 || (left >= (pairs[i - 1]?.left ?? 0) && right >= (pairs[i - 1]?.right ?? 0)),
        ),
      ).toBe(true);
    }),
  );
});

test("long runs are aligned too, without a table of all pairs", () => {
  const text = "abcD".repeat(2000);
  const pairs = alignSteps(steps(`x${text}y`), steps(`${text}z`.replace("abcDabcD", "abcDbcD")));
  expect(pairs.filter((pair) => pair.moves === "both").length).toBeGreaterThan(7900);
});

const base = { step: 0, agent: "user" as const, sentence: "It reads." };
const run = (physical: string, cached: boolean): Trace => {
  const data = "11110000".repeat(2);
  const events: TraceEvent[] = [
    { ...base, kind: "step" },
    { ...base, kind: "memory", physical, before: "1111", after: "2222", writer: "device" },
    ...(cached
      ? [
          {
            ...base,
            kind: "line" as const,
            action: "staleness" as const,
            set: 0,
            way: 0,
            after: { physical, data, dirty: [false], stale: [true, true, false, false, false, false, false, false] },
          },
        ]
      : []),
    {
      ...base,
      kind: "load",
      physical,
      value: cached ? "1111" : "2222",
      stale: cached,
      supplier: cached ? "cache" : "memory",
      ...(cached && { expected: "2222" }),
    },
  ];
  const object = { id: "o", name: "ring", kind: "coherent", physical, size: 64 };
  return { version: 1, objects: [object], events } as unknown as Trace;
};
const side = (trace: Trace) => {
  const replay = new Replay(trace);
  const [state, before] = [replay.at(9), replay.at(-1)];
  return { trace, state, rows: memoryRows(trace).map((row) => viewRow(row, state, before, trace.events)) };
};

test("tells what differs in words, and marks the bytes, although the memory is elsewhere on the other machine", () => {
  const [left, right] = [side(run("0x1000", true)), side(run("0x80000", false))];
  expect(differences(left, right)).toEqual([
    { what: "ring[0..7] in the cache", left: "11 11 00 00 11 11 00 00, stale", right: "not in the cache" },
    { what: "The application reads ring", left: "1111, stale", right: "2222" },
  ]);
  expect(differingCells(left.rows, right.rows).size).toBe(8);
  expect(differingCells(right.rows, left.rows).size).toBe(0);
  expect(differences(left, left)).toEqual([]);
});

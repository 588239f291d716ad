import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { platforms } from "../platforms/index.ts";
import { type BytePlace, originOf } from "../trace/origin.ts";
import { bytesAt, parseBytes, Replay } from "../trace/state.ts";
import type { CacheLine, Trace, TraceEvent } from "../trace/trace.ts";
import { type Action, Machine, type MachineModel, modelOf } from "./index.ts";

const models = platforms.flatMap((platform): MachineModel[] => {
  const model = modelOf(platform);
  return model === undefined ? [] : [model];
});

/** Picks that become actions on two pages and their aliases. */
const picks = fc.array(
  fc.record({
    what: fc.nat({ max: 15 }),
    where: fc.nat({ max: 299 }),
    value: fc.nat({ max: 3 }),
    size: fc.integer({ min: 1, max: 70 }),
  }),
  { maxLength: 60 },
);
type Pick = { readonly what: number; readonly where: number; readonly value: number; readonly size: number };

function actionsOn(machine: Machine): (pick: Pick) => Action {
  const { model, board } = machine;
  const physical = board.allocatePages(2 * model.pageBytes);
  const uncached = board.reserveVirtual("vmalloc", 4096);
  const cached = board.reserveVirtual("vmalloc", 4096);
  const mapping = { name: "alias", space: 0, physical, size: 4096, origin: "test" };
  machine.step({
    kind: "map",
    mapping: { ...mapping, id: "n", virtual: uncached, attribute: model.protection.dmaCoherent },
  });
  machine.step({ kind: "map", mapping: { ...mapping, id: "c", virtual: cached, attribute: "write-back" } });
  return ({ what, where, value, size }) => {
    const base = [board.linear(physical), uncached, cached][value % 3] ?? 0;
    const virtual = base + where;
    const line = physical + where;
    const bytes = new Uint8Array(Math.min(size, 40)).fill(value);
    switch (what) {
      case 0:
      case 1:
      case 2:
        return { kind: "load", agent: "cpu", virtual, size };
      case 3:
      case 4:
      case 5:
        return { kind: "store", agent: "cpu", virtual, bytes };
      case 6:
        return { kind: "dma-read", bus: physical + where, size };
      case 7:
      case 8:
        return { kind: "dma-write", bus: physical + where, bytes };
      case 9:
        return {
          kind: "maintain",
          operation: (["clean", "invalidate", "clean-invalidate"] as const)[value % 3] ?? "clean",
          virtual,
          size,
        };
      case 10:
        return { kind: "barrier", barrier: "wmb" };
      case 11:
        return { kind: "evict", physical: line, virtual };
      case 12:
        return { kind: "fill", physical: line, virtual };
      case 13:
        return { kind: "drain", physical: line };
      case 14:
        return { kind: "announce", from: value % 2 === 0 ? "cpu" : "device" };
      default:
        return value === 0
          ? { kind: "maintain-all", operation: "clean-invalidate" }
          : value === 1
            ? { kind: "switch-space", space: where % 2 }
            : { kind: "copy", from: physical + where, to: physical + 400, size };
    }
  };
}

function apartFromStale(line: CacheLine | undefined): CacheLine | undefined {
  return line === undefined ? undefined : { ...line, stale: [] };
}

function traceOf(events: readonly TraceEvent[], model: MachineModel): Trace {
  const { cache } = model;
  const platform = {
    id: model.id,
    title: model.title,
    coherent: model.coherent,
    lineBytes: cache.lineBytes,
    granuleBytes: cache.granuleBytes,
    ways: cache.ways,
    sets: cache.sets,
    indexing: "",
    pageBytes: model.pageBytes,
    facts: [],
  };
  return {
    version: 1,
    tool: "",
    title: "",
    platform,
    schedule: "",
    outcome: { kind: "fine", sentence: "" },
    verdict: "never",
    sources: [],
    objects: [],
    events,
  };
}

/** The byte that an event wrote. */
function writtenBy(event: TraceEvent | undefined, physical: number): number | undefined {
  if (event?.kind === "store" || event?.kind === "buffer") {
    return parseBytes(event.value)[physical - Number(event.physical)];
  }
  if (event?.kind === "memory") return parseBytes(event.after)[physical - Number(event.physical)];
  return event?.kind === "line" && event.after
    ? parseBytes(event.after.data)[physical - Number(event.after.physical)]
    : undefined;
}

describe("events", () => {
  it("rebuild the machine's state after every step, on every preset", () => {
    fc.assert(
      fc.property(fc.constantFrom(...models), picks, (model, list) => {
        const machine = new Machine(model);
        const events: TraceEvent[] = [];
        const marks: {
          readonly at: number;
          readonly lines: unknown;
          readonly buffer: unknown;
          readonly clone: Machine;
        }[] = [];
        const toAction = actionsOn(machine);
        for (const pick of list) {
          events.push(...machine.step(toAction(pick)).events);
          marks.push({
            at: events.length - 1,
            lines: machine.cacheLines(),
            buffer: machine.writeBuffer().map(({ physical, bytes }) => [physical, [...bytes]]),
            clone: machine.clone(),
          });
        }
        const replay = new Replay(traceOf(events, model));
        for (const mark of marks) {
          const state = replay.at(mark.at);
          const lines = [...state.lines.values()].sort((a, b) => a.set - b.set || a.way - b.way);
          expect(lines).toEqual(mark.lines);
          expect(state.buffer.map(({ physical, value }) => [Number(physical), parseBytes(value)])).toEqual(mark.buffer);
          for (const address of state.memory.keys()) {
            expect(bytesAt(state, address, 1)[0]).toBe(mark.clone.memory(address, 1)[0]);
          }
        }
      }),
      { numRuns: 120 },
    );
  });

  it("tell of every byte who wrote it: the event that its history ends with wrote that very value", () => {
    const ends = { written: 0, before: 0 };
    fc.assert(
      fc.property(fc.constantFrom(...models), picks, (model, list) => {
        const machine = new Machine(model);
        const events: TraceEvent[] = [];
        const toAction = actionsOn(machine);
        for (const [index, pick] of list.entries()) {
          machine.stepNumber = index;
          events.push(...machine.step(toAction(pick)).events);
        }
        const replay = new Replay(traceOf(events, model));
        const last = events.length - 1;
        const state = replay.at(last);
        const places: BytePlace[] = [
          ...[...state.memory.keys()].map((physical): BytePlace => ({ kind: "memory", physical })),
          ...[...state.lines.values()].flatMap(({ physical, data, set, way }) =>
            parseBytes(data).map((_, i): BytePlace => ({ kind: "cache", physical: Number(physical) + i, set, way })),
          ),
          ...state.buffer.flatMap(({ physical, value }) =>
            parseBytes(value).map((_, i): BytePlace => ({ kind: "buffer", physical: Number(physical) + i })),
          ),
        ];
        for (const place of places) {
          const origin = originOf(replay, last, place);
          const at = origin.links.map((link) => link.event);
          expect(at).toEqual([...new Set(at)].sort((a, b) => b - a));
          const end = events[at.at(-1) ?? -1];
          if (origin.written) expect(writtenBy(end, place.physical)).toBe(origin.value);
          else expect(origin.value).toBe(0);
          if (origin.written) ends.written++;
          else ends.before++;
        }
      }),
      { numRuns: 120 },
    );
    expect(ends.written).toBeGreaterThan(1000);
    expect(ends.before).toBeGreaterThan(1000);
  });

  it("chain: what a line or a byte was before an event is what the last one left", () => {
    fc.assert(
      fc.property(fc.constantFrom(...models), picks, (model, list) => {
        const machine = new Machine(model);
        const toAction = actionsOn(machine);
        const lines = new Map<string, unknown>();
        const memory = new Map<number, number>();
        for (const pick of list) {
          for (const event of machine.step(toAction(pick)).events) {
            if (event.kind === "line") {
              const place = `${event.set}/${event.way}`;
              const known = lines.get(place);
              // Staleness changes with the newest value, before the event that tells it.
              expect(apartFromStale(event.before)).toEqual(known);
              lines.set(place, apartFromStale(event.after));
            } else if (event.kind === "memory") {
              parseBytes(event.before).forEach((byte, i) => {
                expect(byte).toBe(memory.get(Number(event.physical) + i) ?? 0);
              });
              parseBytes(event.after).forEach((byte, i) => memory.set(Number(event.physical) + i, byte));
            }
            expect(event.sentence).toMatch(/^[A-Z].*\.$/);
          }
        }
      }),
      { numRuns: 120 },
    );
  });

  it("do not change what happens: the silent machine ends in the same state", () => {
    fc.assert(
      fc.property(fc.constantFrom(...models), picks, (model, list) => {
        const loud = new Machine(model);
        const silent = new Machine(model, { record: false });
        const toLoud = actionsOn(loud);
        const toSilent = actionsOn(silent);
        for (const pick of list) {
          const heard = loud.step(toLoud(pick));
          const unheard = silent.step(toSilent(pick));
          expect(unheard.observation).toEqual(heard.observation);
          expect(unheard.events).toEqual([]);
        }
        expect(silent.stateKey()).toBe(loud.stateKey());
        expect(silent.cacheLines()).toEqual(loud.cacheLines());
      }),
      { numRuns: 80 },
    );
  });
});

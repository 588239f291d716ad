import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AgentProgram, type MachineModel, modelOf } from "../machine/index.ts";
import { platformById, platforms } from "../platforms/index.ts";
import { replay } from "./explorer.ts";
import { exploreBeliefs } from "./explorer-belief.ts";
import { examine } from "./explorer-examine.ts";
import { parseSchedule, type Schedule, scheduleText } from "./explorer-schedule.ts";
import { searchSchedules } from "./explorer-search.ts";
import type { LitmusSource, LitmusWay } from "../program/litmus/litmus-source.ts";
import { libraryTest, litmusLibrary } from "../testing/node/litmus-library.ts";
import { both, built, compare, location, type Step } from "../testing/litmus-steps.ts";
import { litmusProgram } from "./litmus/litmus-program.ts";

function preset(id: string): MachineModel {
  const platform = platformById(id);
  const model = platform === undefined ? undefined : modelOf(platform);
  if (model === undefined) throw new Error(`no model of ${id}`);
  return model;
}

const models = platforms.map(({ id }) => preset(id));
const everything = { untilVerdict: false, maxRuns: 200_000 };
const keys = (outcomes: ReadonlyMap<string, unknown>): string[] => [...outcomes.keys()].sort();

const variable = fc.constantFrom("x", "y", "z");
const value = fc.integer({ min: 1, max: 2 });
const way = fc.constantFrom<LitmusWay>("plain", "plain", "dmacoherent", "noncached", "other-colour", "user-mapping");
const direction = fc.constantFrom("to-device" as const, "from-device" as const, "bidirectional" as const);
const passing = fc.constantFrom("dma_map" as const, "dma_unmap" as const, "dma_sync_for_device" as const);
const cpuStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("write" as const), variable, value, way }),
  fc.record({ do: fc.constant("read" as const), variable, register: fc.constantFrom("a", "b"), way }),
  fc.record({ do: passing, variable, direction, part: fc.boolean() }),
  fc.constantFrom<Step>({ do: "doorbell" }, { do: "doorbell_relaxed" }, { do: "dma_wmb" }),
);
const deviceStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("write" as const), variable, value }),
  fc.record({ do: fc.constant("read" as const), variable, register: fc.constantFrom("c", "d") }),
);
/** x and y share a line; z has one of its own. */
const randomTest = fc
  .record({ cpu: fc.array(cpuStep, { maxLength: 5 }), device: fc.array(deviceStep, { maxLength: 2 }) })
  .map((agents) => built([location("x", 0), location("y", 0, 4), location("z", 1)], agents, compare("a", "===", 1)));

describe("the two engines", () => {
  it("find the same outcomes of random programs, and replay each of them", () => {
    fc.assert(
      fc.property(fc.constantFrom(...models), randomTest, (model, test) => {
        const program = litmusProgram(test);
        const beliefs = exploreBeliefs(model, program, everything);
        const search = searchSchedules(model, program, everything);
        expect(keys(beliefs.outcomes)).toEqual(keys(search.outcomes));
        for (const found of [...beliefs.outcomes.values(), ...search.outcomes.values()]) {
          const run = replay(model, program, found.schedule);
          expect({ ...run?.outcome, faithful: run?.faithful }).toEqual({
            key: found.key,
            harm: found.harm,
            faithful: true,
          });
        }
      }),
      { numRuns: 25 },
    );
  });

  it("agree with a search that tries every step everywhere, not only where it can matter", () => {
    // The lazy reduction leaves out steps between; leaving nothing out must not add an outcome. A barrier on all lines is such a place.
    fc.assert(
      fc.property(fc.constantFrom(...models), randomTest, (model, test) => {
        const program = litmusProgram(test);
        const eager: AgentProgram = (port) =>
          program({
            model: port.model,
            board: port.board,
            recording: port.recording,
            // No state is told: the unrelated steps must not be spared.
            choose: (alternatives, what) => port.choose(alternatives, what),
            beginStep: (step) => port.beginStep(step),
            tell: (event) => port.tell(event),
            perform: (action) => {
              // Mapping an unrelated page touches every line in the search, and changes nothing.
              port.perform({
                kind: "map",
                mapping: {
                  id: "unrelated",
                  name: "",
                  space: 7,
                  virtual: 0x1000,
                  physical: port.model.addresses.ramBase,
                  size: 1,
                  attribute: "uncached",
                  origin: "",
                },
              });
              return port.perform(action);
            },
          });
        const lazy = searchSchedules(model, program, everything);
        const all = searchSchedules(model, eager, { ...everything, maxRuns: 3000 });
        for (const key of all.outcomes.keys()) expect(keys(lazy.outcomes)).toContain(key);
        if (all.complete) expect(keys(all.outcomes)).toEqual(keys(lazy.outcomes));
      }),
      { numRuns: 25 },
    );
  });

  it("tell always from sometimes", () => {
    // The first read brings the line in; nothing but an eviction takes it out again.
    expect(exploreBeliefs(preset("sh4"), litmusProgram(libraryTest("MMAPcached"))).verdict).toBe("sometimes");
    const cpu: readonly Step[] = [
      { do: "write", variable: "x", value: 1, way: "dmacoherent" },
      { do: "doorbell" },
      { do: "read", variable: "x", register: "x", way: "dmacoherent" },
    ];
    const tx = built([location("x", 0)], { cpu }, compare("x", "===", 1));
    expect(exploreBeliefs(preset("sh4"), litmusProgram(tx)).verdict).toBe("always");
    expect(searchSchedules(preset("sh4"), litmusProgram(tx)).verdict).toBe("always");
  });

  it("say unknown when they may not look far enough", () => {
    const test = libraryTest("RXok");
    expect(exploreBeliefs(preset("arm64-nc"), litmusProgram(test), { maxRuns: 1 }).verdict).toBe("never");
    const descriptors = libraryTest("DESCwmb");
    const cut = exploreBeliefs(preset("arm64-nc"), litmusProgram(descriptors), { maxRuns: 2 });
    expect([cut.verdict, cut.complete]).toEqual(["unknown", false]);
  });
});

describe("on a coherent device", () => {
  const coherent = models.filter((model) => model.coherent);
  it("no program is ever stale through cacheable mappings", () => {
    expect(coherent.map(({ id }) => id).sort()).toEqual(["arm64-coh", "x86_64"]);
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("store" as const),
        at: fc.nat({ max: 150 }),
        value,
        size: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({
        kind: fc.constant("load" as const),
        at: fc.nat({ max: 150 }),
        value,
        size: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({
        kind: fc.constant("dma-write" as const),
        at: fc.nat({ max: 150 }),
        value,
        size: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({
        kind: fc.constant("dma-read" as const),
        at: fc.nat({ max: 150 }),
        value,
        size: fc.integer({ min: 1, max: 9 }),
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...coherent), fc.array(step, { maxLength: 12 }), (model, steps) => {
        const program: AgentProgram = (port) => {
          const physical = port.board.allocatePages(4096);
          let harm = false;
          for (const { kind, at, value: byte, size } of steps) {
            const virtual = port.board.linear(physical + at);
            const bytes = new Uint8Array(size).fill(byte);
            // What the CPU promises has left its store buffer: a doorbell is a barrier.
            port.perform({ kind: "barrier", barrier: "doorbell" });
            port.perform({ kind: "announce", from: "cpu" });
            port.perform({ kind: "announce", from: "device" });
            const seen =
              kind === "store"
                ? port.perform({ kind, agent: "cpu", virtual, bytes })
                : kind === "load"
                  ? port.perform({ kind, agent: "cpu", virtual, size })
                  : kind === "dma-write"
                    ? port.perform({ kind, bus: physical + at, bytes })
                    : port.perform({ kind, bus: physical + at, size });
            if (seen.stale) harm = true;
          }
          return { key: harm ? "stale" : "fine", harm };
        };
        const beliefs = exploreBeliefs(model, program, everything);
        expect([beliefs.verdict, beliefs.runs]).toEqual(["never", 1]);
      }),
      { numRuns: 150 },
    );
  });

  it.each(["arm926", "mips24k", "arm64-nc"])("the same property fails on %s", (id) => {
    const program: AgentProgram = (port) => {
      const physical = port.board.allocatePages(4096);
      port.perform({ kind: "load", agent: "cpu", virtual: port.board.linear(physical), size: 1 });
      port.perform({ kind: "dma-write", bus: physical, bytes: Uint8Array.of(1) });
      port.perform({ kind: "announce", from: "device" });
      const { stale } = port.perform({ kind: "load", agent: "cpu", virtual: port.board.linear(physical), size: 1 });
      return { key: stale ? "stale" : "fine", harm: stale };
    };
    expect(exploreBeliefs(preset(id), program).verdict).toBe("sometimes");
    const { run, schedule } = examine(preset(id), program);
    expect(schedule).toBe("");
    expect(run.events.some((event) => event.kind === "load" && event.stale)).toBe(true);
  });
});

describe("x86-64, where litmus tests of coherent devices read differently", () => {
  const x86 = preset("x86_64");
  const descriptor = (steps: readonly Step[], way: LitmusWay): LitmusSource =>
    built(
      [location("desc", 0), location("own", 1)],
      {
        cpu: [
          { do: "write", variable: "desc", value: 1, way },
          ...steps,
          { do: "write", variable: "own", value: 1, way },
        ],
        device: [
          { do: "read", variable: "own", register: "own" },
          { do: "read", variable: "desc", register: "desc" },
        ],
      },
      both(compare("own", "===", 1), compare("desc", "!==", 1)),
    );
  const page = (way: LitmusWay): LitmusSource =>
    built(
      [location("x", 0)],
      {
        cpu: [
          { do: "write", variable: "x", value: 9 },
          { do: "write", variable: "x", value: 1, way },
          { do: "doorbell" },
        ],
        device: [{ do: "wait_for_doorbell" }, { do: "read", variable: "x", register: "seen" }],
      },
      compare("seen", "!==", 1),
    );
  it.each([
    ["DESC in dma_alloc_coherent() memory", descriptor([], "plain"), "never"],
    ["DESC in write-combining memory", descriptor([], "writecombine"), "sometimes"],
    ["DESC with dma_wmb(), a compiler barrier", descriptor([{ do: "dma_wmb" }], "writecombine"), "sometimes"],
    ["DESC with wmb(), an sfence", descriptor([{ do: "wmb" }], "writecombine"), "never"],
    ["COHnoprep through a UC alias", page("noncached"), "never"],
    ["COHnoprep through a WC alias", page("writecombine"), "sometimes"],
  ] as const)("%s", (_, test, verdict) => {
    expect(exploreBeliefs(x86, litmusProgram(test)).verdict).toBe(verdict);
    expect(searchSchedules(x86, litmusProgram(test)).verdict).toBe(verdict);
  });
});

describe("schedules", () => {
  const model = preset("arm64-nc");
  const step = fc.record({
    at: fc.nat({ max: 9 }),
    kind: fc.constantFrom("evict" as const, "fill" as const, "soil" as const, "warm" as const, "drain" as const),
    line: fc.nat({ max: 9 }),
    alias: fc.boolean(),
  });

  it("survive their text", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 })), fc.array(step), (choices, list) => {
        const steps = list
          .sort((a, b) => a.at - b.at)
          .map(({ at, kind, line, alias }): Schedule["steps"][number] => {
            const physical = model.addresses.ramBase + line * 64;
            const virtual = alias ? model.addresses.vmallocBase + line * 64 : model.addresses.linearBase + line * 64;
            return { at, step: kind === "drain" ? { kind, physical } : { kind, physical, virtual } };
          });
        const text = scheduleText({ choices, steps }, model);
        const parsed = parseSchedule(text, model);
        expect(parsed?.steps).toEqual(steps);
        expect(scheduleText(parsed ?? { choices: [], steps: [] }, model)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    "nonsense",
    "3:evict()",
    "3:evict(xyz)",
    "evict(40000000)",
    "choose=",
    "5:evict(40000000) 3:evict(40000000)",
  ])("are refused when they are none: %s", (text) => {
    expect(parseSchedule(text, model)).toBeUndefined();
    expect(replay(model, () => ({ key: "", harm: false }), text)).toBeUndefined();
  });

  it("replay byte for byte", () => {
    for (const test of litmusLibrary) {
      const program = litmusProgram(test);
      for (const found of exploreBeliefs(model, program, everything).outcomes.values()) {
        const once = JSON.stringify(replay(model, program, found.schedule)?.events);
        expect(JSON.stringify(replay(model, program, found.schedule)?.events)).toBe(once);
      }
    }
  });

  it("that do not fit the program are told from those that do", () => {
    const test = libraryTest("RXok");
    expect(replay(model, litmusProgram(test), "99:evict(40000000)")?.faithful).toBe(false);
    expect(replay(model, litmusProgram(test), "0:evict(40000000)")?.faithful).toBe(false);
    expect(replay(model, litmusProgram(test), "")?.faithful).toBe(true);
  });

  it("of a witness hold no step that is not needed", () => {
    const test = libraryTest("RXnounmap");
    const model = preset("cortex-a9");
    const found = examine(model, litmusProgram(test));
    expect(found.verdict).toBe("sometimes");
    expect(found.schedule).toMatch(/^\d+:fill\([0-9a-f]+\)$/);
    const shortest = searchSchedules(model, litmusProgram(test)).witness?.schedule;
    expect(shortest?.split(" ").length).toBe(found.schedule.split(" ").length);
    const spoken = found.run.events.map((event) => event.sentence);
    expect(spoken).toContain("The processor fetches ahead, as it may at any time.");
  });
});

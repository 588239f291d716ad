/**
 * The contract of the DMA API, as properties: on 2,000 random programs here, on 100,000 with DMA_LENS_NIGHTLY=1, on as many as
 * DMA_LENS_PROGRAMS says where it is set.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { platforms } from "../../platforms/index.ts";
import { breakable, type Break, breaks, contractProgram, type Transfer } from "../../testing/contract-programs.ts";
import { type LitmusMachine, litmusMachine } from "./litmus-machine.ts";
import { exploreLitmus, impossibleOn, litmusVerdict, replayLitmus } from "./litmus-verdicts.ts";

const programs = Number(process.env["DMA_LENS_PROGRAMS"] ?? (process.env["DMA_LENS_NIGHTLY"] === "1" ? 100_000 : 2000));
const machineOf = (id: string): LitmusMachine => {
  const found = litmusMachine(id);
  if (typeof found === "string") throw new Error(found);
  return found;
};
const presets = platforms.map(({ id }) => machineOf(id));
const variants = [
  "ppc440+nospec",
  "x86_64+iommu",
  "x86_64+swiotlb",
  "arm64-coh+iommu",
  "arm64-coh+swiotlb",
  "arm64-nc+swiotlb",
  "riscv-zicbom+swiotlb",
].map(machineOf);
const machines = [...presets, ...variants];

const transfer: fc.Arbitrary<Transfer> = fc.record({
  kind: fc.constantFrom<Transfer["kind"]>("send", "receive", "both", "descriptor", "hand-over"),
  buffer: fc.constantFrom(0 as const, 1 as const),
  bidirectional: fc.boolean(),
  again: fc.boolean(),
  before: fc.constantFrom("nothing" as const, "store" as const, "load" as const),
  meanwhile: fc.constantFrom("nothing" as const, "store" as const, "load" as const),
});
/** Hand-overs that the device may look at any time multiply the orders of the agents: one of them is enough. */
const transfers = fc
  .array(transfer, { minLength: 1, maxLength: 3 })
  .map((list) =>
    list.filter(({ kind }, index) => kind !== "hand-over" || list.findIndex((one) => one.kind === kind) === index),
  );

describe("programs that keep the contract", () => {
  it(
    `are never harmful on any machine under any schedule (${programs} of them)`,
    () => {
      fc.assert(
        fc.property(transfers, fc.constantFrom(...variants), (list, variant) => {
          const program = contractProgram(list);
          for (const machine of [...presets, variant]) {
            if (impossibleOn(program, machine) !== undefined) continue;
            const { verdict } = litmusVerdict(program, machine);
            if (verdict !== "never") expect([machine.id, verdict]).toEqual([machine.id, "never"]);
          }
        }),
        { numRuns: programs },
      );
    },
    60_000 + programs * 500,
  );
});

describe("one step against the contract", () => {
  it.each(breaks)("is harmful on some machine: %s", (how) => {
    const list = fc
      .record({
        before: fc.array(transfer, { maxLength: 1 }),
        broken: transfer,
        after: fc.array(transfer, { maxLength: 1 }),
      })
      .map((one) => ({ ...one, broken: fitting(one.broken, how) }));
    fc.assert(
      fc.property(list, ({ before, broken, after }) => {
        const at = { at: before.length, how };
        const program = contractProgram([...before, broken, ...after], at);
        const harmful = machines.filter((machine) => /sometimes|always/.test(litmusVerdict(program, machine).verdict));
        expect(harmful.length).toBeGreaterThan(0);
        // And the broken step alone is to blame.
        const mended = contractProgram([...before, broken, ...after]);
        const [machine] = harmful;
        if (machine !== undefined) expect(litmusVerdict(mended, machine).verdict).toBe("never");
      }),
      { numRuns: Math.ceil(programs / 100) },
    );
  });

  it("has a list of at least ten", () => {
    expect(new Set(breaks).size).toBeGreaterThanOrEqual(10);
  });
});

/** The transfer, changed as little as the break needs. */
function fitting(one: Transfer, how: Break): Transfer {
  for (const kind of ["send", "receive", "descriptor", "hand-over"] as const) {
    for (const again of [one.again, !one.again]) {
      const changed = { ...one, kind, again, bidirectional: false };
      if (breakable(how, changed)) return changed;
    }
  }
  throw new Error(`no transfer breaks so: ${how}`);
}

describe("schedules of random programs", () => {
  it("replay to the same outcome and the same trace", () => {
    const broken = fc.record({
      list: transfers,
      how: fc.constantFrom(...breaks),
      machine: fc.constantFrom(...machines),
    });
    fc.assert(
      fc.property(broken, ({ list, how, machine }) => {
        const at = list.findIndex((one) => breakable(how, one));
        const program = contractProgram(list, at < 0 ? undefined : { at, how });
        if (impossibleOn(program, machine) !== undefined) return;
        for (const engine of ["beliefs", "search"] as const) {
          for (const found of exploreLitmus(program, machine, engine, { maxRuns: 3000 }).outcomes.values()) {
            const first = replayLitmus(program, machine, found.schedule);
            const second = replayLitmus(program, machine, found.schedule);
            expect({ ...first?.outcome, faithful: first?.faithful }).toEqual({
              key: found.key,
              harm: found.harm,
              faithful: true,
            });
            expect(JSON.stringify(second?.events)).toBe(JSON.stringify(first?.events));
            expect(second?.machine.stateKey()).toBe(first?.machine.stateKey());
          }
        }
      }),
      { numRuns: Math.ceil(programs / 40) },
    );
  });
});

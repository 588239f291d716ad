import { describe, expect, it } from "vitest";
import { platformById } from "../platforms/index.ts";
import { Replay } from "../trace/index.ts";
import type { Verdict } from "../trace/trace.ts";
import { prove } from "./prove.ts";
import { drivers } from "../testing/proof-drivers.ts";
import { pathOf, unitOf } from "../testing/unit-from-text.ts";

/** The machines of the seed mail's question, one of each kind. */
const machines = ["x86_64", "x86_64+iommu", "ppc440", "arm926", "arm64-nc", "arm64-coh", "mips24k", "sh4"] as const;
type Row = readonly [Verdict, Verdict, Verdict, Verdict, Verdict, Verdict, Verdict, Verdict];

const fine: Row = ["never", "never", "never", "never", "never", "never", "never", "never"];
const everywhere: Row = ["always", "always", "always", "always", "always", "always", "always", "always"];
/** Garbage wherever the pointer is not linear. On MIPS the arithmetic is right: what is left there is the cached alias. */
const nonLinear = (mips: Verdict): Row => ["never", "always", "always", "always", "always", "never", mips, "always"];

/** A late store is harmless where the device looks into the cache. */
const late: Row = ["never", "never", "sometimes", "sometimes", "sometimes", "never", "sometimes", "sometimes"];
const unshown: Row = ["unknown", "unknown", "unknown", "unknown", "unknown", "unknown", "unknown", "unknown"];

/** As knowledge of the kernel has it: each rule's "bug when", and the right code nowhere. */
const expected: Readonly<Record<string, Row>> = {
  "mmap by virt_to_page": nonLinear("sometimes"),
  "mmap by virt_to_phys, fixed with dma_mmap_coherent": fine,
  "mmap by handle, default protection": [
    "never",
    "always",
    "sometimes",
    "sometimes",
    "sometimes",
    "never",
    "sometimes",
    "sometimes",
  ],
  // The kernel has a coherent device's memory cached, so an uncached mapping of it does not see the kernel's stores; a PC's
  // kernel does not make one.
  "mmap by handle, noncached": ["never", "always", "never", "never", "never", "sometimes", "never", "never"],
  "mmap by dma_mmap_coherent": fine,
  "fault handler with virt_to_page": nonLinear("sometimes"),
  "coherent mapped again": nonLinear("never"),
  "coherent in a scatterlist": nonLinear("never"),
  "stack buffer": ["always", "always", "sometimes", "always", "always", "always", "sometimes", "sometimes"],
  "kmalloc buffer instead of the stack": fine,
  "usb message from the stack": everywhere,
  "vmalloc mapped": everywhere,
  "vmalloc in a scatterlist": everywhere,
  "unchecked mapping": ["sometimes", "sometimes", "never", "never", "sometimes", "sometimes", "never", "never"],
  "checked mapping": fine,
  "write while mapped to the device": late,
  "write before the mapping": fine,
  "read while mapped from the device": late,
  "read after the mapping has ended": fine,
  "late store of a parameter": late,
  "late store of a parameter into zeroes": late,
  "late store behind the first lines": late,
  "late store in a helper": late,
  "late store of zero over an earlier use": late,
  "late store of the same bytes": ["never", "never", "unknown", "unknown", "unknown", "never", "unknown", "unknown"],
  "statement that touches no mapped memory": unshown,
  "record shared by mmap": ["never", "never", "never", "sometimes", "never", "never", "sometimes", "sometimes"],
};

function proven(name: string, machine: string, schedule?: string) {
  const driver = drivers.find((candidate) => candidate.name === name);
  const platform = platformById(machine.replace("+iommu", ""));
  if (driver === undefined || platform === undefined) throw new Error(`no ${name} or ${machine}`);
  const unit = unitOf({ "driver.c": driver.text });
  return prove(unit, { rule: "test", proof: driver.proof, path: pathOf(unit, driver.path) }, platform, {
    iommu: machine.endsWith("+iommu"),
    ...(schedule === undefined ? {} : { schedule }),
  });
}

/** The sentence without its last phrase, so that one with another ending is found to tell the same. */
function bare(sentence: string): string {
  return sentence.replace(/( in memory|, [^,]*)?\.$/, "");
}

describe("proofs", () => {
  it("has a row for every driver", () => {
    expect(Object.keys(expected).sort()).toEqual(drivers.map((driver) => driver.name).sort());
  });

  it.each(drivers.map((driver) => driver.name))("%s", (name) => {
    const verdicts = machines.map((machine) => `${machine}: ${proven(name, machine).verdict}`);
    expect(verdicts).toEqual(machines.map((machine, index) => `${machine}: ${expected[name]?.[index] ?? ""}`));
  });

  it("shows which byte went stale, with sentences, and replays byte for byte", () => {
    const first = proven("mmap by handle, default protection", "arm926");
    const trace = first.trace;
    expect(trace?.outcome.kind).toBe("harm");
    if (trace?.outcome.kind !== "harm") return;
    expect(trace.outcome.harm).toBe("stale-read");
    expect(trace.events[trace.outcome.event]?.kind).toBe("harm");
    const stale = trace.events.find((event) => event.kind === "load" && event.stale);
    expect(stale).toMatchObject({ value: "11111111", expected: "21212121", supplier: "cache" });
    for (const event of trace.events) expect(event.sentence).toMatch(/^\S.*\.$/);
    const steps = trace.events.filter((event) => event.kind === "step" && event.function === "card_mmap");
    expect(steps.length).toBeGreaterThan(0);
    const again = proven("mmap by handle, default protection", "arm926", trace.schedule);
    expect(JSON.stringify({ ...again.trace, verdict: "" })).toBe(JSON.stringify({ ...trace, verdict: "" }));
  });

  it("gives traces that the panel's state can replay to their end", () => {
    for (const machine of machines) {
      const { trace } = proven("stack buffer", machine);
      if (trace === undefined) throw new Error(`no trace on ${machine}`);
      expect(() => new Replay(trace)).not.toThrow();
    }
  });

  it("watches the whole function where a fix has taken the statement away", () => {
    const platform = platformById("arm926");
    const verdictOf = (name: string): Verdict => {
      const driver = drivers.find((candidate) => candidate.name === name);
      if (driver === undefined || platform === undefined) throw new Error(`no ${name}`);
      const unit = unitOf({ "driver.c": driver.text });
      const path = pathOf(unit, driver.path).map((step) => (step.role === "sink" ? { ...step, statement: -1 } : step));
      return prove(unit, { rule: "test", proof: driver.proof, path }, platform).verdict;
    };
    expect(verdictOf("write before the mapping")).toBe("never");
    expect(verdictOf("write while mapped to the device")).toBe("sometimes");
  });

  it("tells each fact once in a step", () => {
    for (const { name } of drivers) {
      for (const machine of ["x86_64", "ppc440", "arm926"]) {
        const told = new Map<string, string>();
        for (const { step, kind, sentence } of proven(name, machine).trace?.events ?? []) {
          const key = `${String(step)}: ${bare(sentence)}`;
          // One line that several stores change is told for each of them.
          expect(told.get(key) ?? kind, `${name} on ${machine}, ${key}`).toBe(kind);
          told.set(key, kind);
        }
      }
    }
  });

  it("writes names as they are and addresses without a sign", () => {
    const coldfire = proven("mmap by virt_to_page", "coldfire");
    expect(coldfire.sentence).toMatch(/^dma_alloc_coherent\(\) gives no memory/);
    for (const { name } of drivers) {
      const { sentence, trace } = proven(name, "riscv-zicbom");
      expect([sentence, JSON.stringify(trace ?? {})].join()).not.toMatch(/0x-/);
    }
  });

  it("ends where the arithmetic leaves every address that there is", () => {
    // On riscv the vmalloc area lies below the linear map: the computed frame is negative.
    expect(proven("mmap by virt_to_page", "riscv-zicbom").verdict).toBe("always");
    expect(proven("coherent in a scatterlist", "riscv-zicbom").verdict).toBe("always");
  });

  it("says so when the path does not lead to the finding", () => {
    const unit = unitOf({ "driver.c": "int f(int a) { if (0) g(a); return a; }" });
    const path = pathOf(unit, [["f", "g(a)"]]);
    const platform = platformById("arm926");
    if (platform === undefined) throw new Error("no arm926");
    const result = prove(unit, { rule: "test", proof: "coherent-page", path }, platform);
    expect(result.verdict).toBe("unknown");
    expect(result.sentence).toMatch(/not reached/);
  });

  it("ends on a loop that does not end by itself", () => {
    const unit = unitOf({ "driver.c": "int f(void) { for (;;) ; return 0; }\nint g(void) { f(); h(); return 1; }" });
    const path = pathOf(unit, [["g", "h()"]]);
    const platform = platformById("x86_64");
    if (platform === undefined) throw new Error("no x86_64");
    expect(prove(unit, { rule: "test", proof: "user-mapping", path }, platform).verdict).toBe("unknown");
  });
});

/**
 * The rules and the simulator read the same program in two ways, so they must agree: on drivers from a grammar a rule reports exactly
 * when its proof, run at each statement that it could be about, shows harm on some machine. 5,000 drivers with DMA_LENS_NIGHTLY=1.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { platformById } from "../platforms/index.ts";
import type { Platform } from "../platforms/platform.ts";
import { createSession } from "../session.ts";
import { type Deed, driverText, type Place, type RandomDriver, type Source } from "../testing/random-drivers.ts";
import { pathOf, unitOf } from "../testing/unit-from-text.ts";
import { Proving } from "./prove.ts";

const drivers = Number(process.env["DMA_LENS_DRIVERS"] ?? (process.env["DMA_LENS_NIGHTLY"] === "1" ? 5000 : 60));

interface Compared {
  readonly rule: string;
  readonly proof: string;
  readonly at: Place["kind"];
  /** Where the buffer of the rule's harm comes from; anywhere where it does not matter. */
  readonly of?: Source;
  /** Machines of each kind that the rule's harm can show on. */
  readonly machines: readonly string[];
}

const compared: readonly Compared[] = [
  {
    rule: "dma/cpu-access-while-mapped",
    proof: "owned-by-device",
    at: "access",
    machines: ["arm926", "arm64-nc", "mips24k", "x86_64+swiotlb"],
  },
  {
    rule: "dma/map-error-unchecked",
    proof: "mapping-error",
    at: "map",
    of: "kmalloc",
    machines: ["x86_64+iommu", "arm64-nc+iommu"],
  },
  { rule: "dma/map-stack", proof: "stack-buffer", at: "map", of: "stack", machines: ["arm64-nc", "ppc440"] },
  { rule: "dma/map-vmalloc", proof: "vmalloc-buffer", at: "map", of: "vmalloc", machines: ["arm64-nc", "ppc440"] },
  {
    rule: "dma/coherent-map-single",
    proof: "coherent-remapped",
    at: "map",
    of: "coherent",
    machines: ["arm64-nc", "x86_64+iommu"],
  },
  {
    rule: "dma/coherent-virt-to-page",
    proof: "coherent-page",
    at: "page",
    of: "coherent",
    machines: ["arm64-nc", "x86_64+iommu"],
  },
];

/** Why the two may differ on a driver, with who is right. Each has been read in the kernel's sources. */
const explained: readonly {
  readonly rule: string;
  readonly only: "lint" | "simulation";
  readonly when: (driver: RandomDriver) => boolean;
  readonly why: string;
}[] = [
  {
    rule: "dma/cpu-access-while-mapped",
    only: "lint",
    when: ({ source }) => source === "vmalloc" || source === "coherent",
    why: "The mapping is refused there, or is a second one of uncached memory, which has a rule of its own: the run finds nothing that the device owns.",
  },
  {
    rule: "dma/cpu-access-while-mapped",
    only: "lint",
    when: ({ source }) => source === "stack",
    why: "With CONFIG_VMAP_STACK the mapping of a stack is refused; the machines without it here do not speculate, so an early access shows only where the driver reads the buffer afterwards. dma/map-stack reports each of them.",
  },
  {
    rule: "dma/cpu-access-while-mapped",
    only: "simulation",
    when: ({ source }) => source === "stack",
    why: "What lies beside the buffer on the stack brings its line into the cache while the device owns it, whenever the driver touches the buffer. That is the harm of dma/map-stack.",
  },
  {
    rule: "dma/cpu-access-while-mapped",
    only: "simulation",
    when: storesBeforeSyncing,
    why: "The rule keeps silent about stores that a sync for the device follows, since drivers store so where the device waits to be told; the proof lets the device look at once.",
  },
  {
    rule: "dma/cpu-access-while-mapped",
    only: "simulation",
    when: storesBeforeReceiving,
    why: "Mapping memory for the device to fill gives up what the CPU has stored there, and the device of the proof writes only what the statement touches: the rest is lost by the mapping, not by the access.",
  },
  {
    rule: "dma/cpu-access-while-mapped",
    only: "lint",
    when: ({ deeds }) =>
      deeds.findLastIndex((deed) => deed.kind === "store" || deed.kind === "fill") >
      deeds.findIndex((deed) => deed.kind === "unmap"),
    why: "A later store to the same bytes hides what the early access has spoilt before anybody reads it.",
  },
  {
    rule: "dma/coherent-virt-to-page",
    only: "lint",
    when: ({ deeds }) =>
      deeds.findIndex((deed) => deed.kind === "map" && deed.checked) >= 0 &&
      deeds.findIndex((deed) => deed.kind === "map" && deed.checked) <
        deeds.findLastIndex((deed) => deed.kind === "page"),
    why: "Where the page would be wrong the mapping of that memory is refused, so a driver that asks does not come to the statement. dma/coherent-map-single reports the mapping.",
  },
  {
    rule: "dma/map-error-unchecked",
    only: "lint",
    when: ({ source }) => source !== "kmalloc",
    why: "Every mapping of such memory is refused, whether there is room or not: that is shown for the rule about the memory.",
  },
  {
    rule: "dma/cpu-access-while-mapped",
    only: "simulation",
    when: storesBeforeUnmapping,
    why: "The CPU owns the memory after the sync, so the access is not early; but unmapping discards the dirty lines, or copies the bounce buffer over them (kernel/dma/swiotlb.c). Only dma/missing-sync-for-device can say so.",
  },
];

/** A store after a sync for the CPU that no sync for the device follows: the mapping's end takes it away again. */
function storesBeforeUnmapping({ deeds }: RandomDriver): boolean {
  let way: string | undefined;
  let owned = false;
  for (const deed of deeds) {
    if (deed.kind === "map" && way === undefined) way = deed.way;
    else if (deed.kind === "sync-for-cpu") owned = way !== undefined && way !== "DMA_TO_DEVICE";
    else if (deed.kind === "sync-for-device") owned = false;
    else if (deed.kind === "unmap") [way, owned] = [undefined, false];
    else if (owned && (deed.kind === "store" || deed.kind === "fill")) return true;
  }
  return false;
}

/** A store to mapped memory with a sync for the device somewhere behind it. */
function storesBeforeSyncing({ deeds }: RandomDriver): boolean {
  const store = deeds.findIndex((deed) => deed.kind === "store" || deed.kind === "fill");
  return store >= 0 && deeds.findLastIndex((deed) => deed.kind === "sync-for-device") > store;
}

/** A store with a mapping behind it that the device only writes. */
function storesBeforeReceiving({ deeds }: RandomDriver): boolean {
  const store = deeds.findIndex((deed) => deed.kind === "store" || deed.kind === "fill");
  return store >= 0 && deeds.findLastIndex((deed) => deed.kind === "map" && deed.way === "DMA_FROM_DEVICE") > store;
}

const way = fc.constantFrom("DMA_TO_DEVICE" as const, "DMA_FROM_DEVICE" as const, "DMA_BIDIRECTIONAL" as const);
const at = fc.constantFrom(0, 4, 64);
const maybe = fc.boolean();
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("map" as const), way, checked: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("store" as const), at, maybe }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("load" as const), at, maybe }) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(
        "unmap" as const,
        "sync-for-cpu" as const,
        "sync-for-device" as const,
        "start" as const,
        "wait" as const,
        "fill" as const,
      )
      .map((kind) => ({ kind })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "page" as const }) },
);
const driver: fc.Arbitrary<RandomDriver> = fc.record({
  source: fc.oneof(
    { weight: 5, arbitrary: fc.constant("kmalloc" as const) },
    { weight: 3, arbitrary: fc.constantFrom("stack" as const, "vmalloc" as const, "coherent" as const) },
  ),
  deeds: fc.array(deed, { minLength: 3, maxLength: 9 }),
});

function machineOf(id: string): { readonly platform: Platform; readonly iommu: boolean; readonly bounces: boolean } {
  const platform = platformById(id.replace(/\+.*/, ""));
  if (platform === undefined) throw new Error(`no ${id}`);
  return { platform, iommu: id.endsWith("+iommu"), bounces: id.endsWith("+swiotlb") };
}

/** Which of the rules report the driver, and which of their proofs show harm. */
function readBothWays(one: RandomDriver): { readonly lint: Set<string>; readonly simulation: Set<string> } {
  const { text, places } = driverText(one);
  const session = createSession();
  session.setFile("foo.c", text);
  const lint = new Set(session.analyse({ rules: compared.map(({ rule }) => rule) }).findings.map(({ rule }) => rule));
  const unit = unitOf({ "foo.c": text });
  const simulation = new Set<string>();
  for (const { rule, proof, at: kind, of, machines } of compared) {
    if (of !== undefined && of !== one.source) continue;
    const harmful = places
      .filter((place) => place.kind === kind)
      .some((place) => {
        const proving = new Proving(unit, { rule, proof, path: pathOf(unit, [["foo_run", place.text]]) });
        return machines.some((id) => {
          const { platform, ...options } = machineOf(id);
          return /sometimes|always/.test(proving.on(platform, options).verdict);
        });
      });
    if (harmful) simulation.add(rule);
  }
  return { lint, simulation };
}

/** "dma/x: only lint", where nothing explains it. */
function disagreements(one: RandomDriver): readonly string[] {
  const { lint, simulation } = readBothWays(one);
  return compared.flatMap(({ rule }) => {
    if (lint.has(rule) === simulation.has(rule)) return [];
    const only = lint.has(rule) ? ("lint" as const) : ("simulation" as const);
    const isExplained = explained.some((item) => item.rule === rule && item.only === only && item.when(one));
    return isExplained ? [] : [`${rule}: only ${only}`];
  });
}

describe("rules and simulator", () => {
  it(
    `agree on ${drivers} random drivers`,
    () => {
      fc.assert(
        fc.property(driver, (one) => {
          const found = disagreements(one);
          if (found.length > 0) expect(`${found.join("\n")}\n${driverText(one).text}`).toBe("");
        }),
        // The same drivers each time; others at night.
        { numRuns: drivers, ...(process.env["DMA_LENS_NIGHTLY"] === "1" ? {} : { seed: 6 }) },
      );
    },
    drivers * 1000 + 60_000,
  );
});

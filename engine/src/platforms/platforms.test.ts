import { describe, expect, it } from "vitest";
import {
  granulesOf,
  type Platform,
  platformById,
  platformNotes,
  platforms,
  setsOf,
  speculates,
  wayBytesOf,
} from "./index.ts";

const ids = [
  "x86_64",
  "ppc440",
  "arm926",
  "arm1136-32k",
  "cortex-a9",
  "arm64-nc",
  "arm64-coh",
  "mips24k",
  "sh4",
  "riscv-zicbom",
  "coldfire",
  "mips-r10000-ip28",
  "pa7300lc",
];

/** All facts of a preset with their paths: an object is a fact when it has a value and a confidence. */
function factsOf(value: unknown, path: string, into: [string, Record<string, unknown>][] = []) {
  if (typeof value !== "object" || value === null) return into;
  const record = value as Record<string, unknown>;
  if ("value" in record && "confidence" in record) into.push([path, record]);
  else for (const [key, inner] of Object.entries(record)) factsOf(inner, `${path}.${key}`, into);
  return into;
}

function preset(id: string): Platform {
  const found = platformById(id);
  if (found === undefined) throw new Error(`no preset ${id}`);
  return found;
}

describe("the platform presets", () => {
  it("are the thirteen, each under its id", () => {
    expect(platforms.map((platform) => platform.id)).toEqual(ids);
    for (const platform of platforms) expect(platformById(platform.id)).toBe(platform);
    expect(platformById("vax")).toBeUndefined();
    expect(platforms.filter((platform) => platform.tier === "core")).toHaveLength(11);
    expect(platformNotes).toHaveLength(2);
  });

  it.each(ids)("%s: every field is a fact with a source", (id) => {
    const platform = preset(id);
    const plain = new Set(["id", "title", "tier", "summary", "quirks", "siblings"]);
    for (const [key, value] of Object.entries(platform)) {
      if (plain.has(key)) continue;
      expect(factsOf(value, key), key).not.toHaveLength(0);
    }
    const facts = factsOf(platform, id);
    expect(facts.length).toBeGreaterThan(35);
    for (const [path, fact] of facts) {
      expect(fact["source"], path).toMatch(/\S{3}/);
      expect(["kernel", "manual", "inferred"], path).toContain(fact["confidence"]);
      if (fact["confidence"] === "kernel") expect(fact["source"], path).toMatch(/^linux-6\.12\.117:/);
    }
  });

  it.each(ids)("%s: the cache's sizes agree", (id) => {
    const platform = preset(id);
    const { lineBytes, sizeBytes, ways, dirtyGranuleBytes, tag, index, indexing } = platform.dcache;
    const powerOfTwo = (n: number) => Number.isInteger(n) && n > 0 && (n & (n - 1)) === 0;
    for (const n of [lineBytes.value, sizeBytes.value, ways.value, dirtyGranuleBytes.value, setsOf(platform)]) {
      expect(powerOfTwo(n), String(n)).toBe(true);
    }
    expect(lineBytes.value * ways.value * setsOf(platform)).toBe(sizeBytes.value);
    expect(granulesOf(platform)).toBeGreaterThanOrEqual(1);
    expect(indexing.value.startsWith("V"), "index").toBe(index.value === "virtual");
    expect(indexing.value === "VIVT", "tag").toBe(tag.value === "virtual");
    const colours = platform.vaColours.value;
    if (indexing.value === "VIVT") expect(colours).toBe("any");
    else if (indexing.value === "VIPT-aliasing") expect(colours).toBe(wayBytesOf(platform) / platform.pageBytes.value);
    else expect(colours).toBe(1);
    expect(platform.minAlign.value % 8).toBe(0);
    expect(platform.shmlba.value % platform.pageBytes.value).toBe(0);
  });

  it.each(ids)("%s: the sync matrix is complete and agrees with coherence and partial lines", (id) => {
    const { sync, dma, partialLine, dcache } = preset(id);
    const cells = [sync.forDevice, sync.forCpu].flatMap((side) => [side.toDevice, side.fromDevice, side.bidirectional]);
    expect(cells).toHaveLength(6);
    for (const cell of cells) expect(["none", "clean", "invalidate", "flush"]).toContain(cell.value.operation);
    // What the CPU wrote must reach memory before the device reads it, on every machine that does not snoop.
    if (!dma.coherent.value && dcache.write.value === "back") {
      expect(["clean", "flush"]).toContain(sync.forDevice.toDevice.value.operation);
      expect(["clean", "flush"]).toContain(sync.forDevice.bidirectional.value.operation);
    }
    const invalidates = cells.some((cell) => cell.value.operation === "invalidate");
    expect(partialLine.value === "not-applicable").toBe(!invalidates);
  });

  it.each(ids)("%s: what fills lines by itself is invalidated after the device wrote", (id) => {
    const platform = preset(id);
    if (platform.dma.coherent.value || !speculates(platform)) return;
    expect(["invalidate", "flush"]).toContain(platform.sync.forCpu.fromDevice.value.operation);
  });

  it.each(ids)("%s: virt_to_page() is known for the memory that dma_alloc_coherent() usually gives", (id) => {
    const { mechanism, virtToPage } = preset(id).coherentAlloc;
    if (mechanism.value.blocking === "unsupported") return;
    expect(virtToPage.value[mechanism.value.blocking]).toBeDefined();
    expect(virtToPage.value.remap).not.toBe("works");
    expect(virtToPage.value["uncached-alias"]).not.toBe("garbage");
  });

  it("knows the cases that the comparisons rest on", () => {
    // The mail's platform: physically tagged, virt_to_page() of coherent memory is garbage, dirty granules of 8 bytes.
    expect(preset("ppc440").coherentAlloc.virtToPage.value.remap).toBe("garbage");
    expect(granulesOf(preset("ppc440"))).toBe(4);
    expect(preset("mips24k").coherentAlloc.virtToPage.value["uncached-alias"]).toBe("works");
    expect(preset("arm926").sync.forCpu.fromDevice.value.operation).toBe("none");
    expect(preset("arm64-nc").sync.forDevice.fromDevice.value.operation).toBe("clean");
    expect(preset("arm64-nc").dcache).toEqual(preset("arm64-coh").dcache);
    expect(preset("arm64-nc").dma.coherent.value).toBe(false);
    expect(preset("arm64-coh").dma.coherent.value).toBe(true);
    expect(preset("riscv-zicbom").sync.forCpu.fromDevice.value.linux61).toBe("flush");
    expect(preset("mips-r10000-ip28").speculation.storeDirty.value).toBe(true);
    expect(preset("coldfire").sync.forDevice.fromDevice.value).toEqual({ operation: "invalidate", scope: "all" });
    expect(preset("ppc440").siblings.map((sibling) => sibling.name)).toContain("mpc8xx");
  });
});

import { describe, expect, it } from "vitest";
import { apiFunction } from "../../kernel/catalogue.ts";
import { buildCUnit } from "../../program/index.ts";
import { parseC } from "../../syntax/c/parse.ts";
import { ownershipOf } from "./ownership.ts";
import { textOfValue } from "./ownership-values.ts";
import type { Track } from "./ownership-track.ts";
import { createFacts } from "../unit-facts.ts";

const declarations = `
struct slot { void *buf; dma_addr_t dma; };
struct foo { struct device *dev; struct slot slots[8]; struct slot *ring; bool flag; };
`;

/** What becomes of the first mapping in `body`, the body of a function with these parameters. */
function trackOf(body: string): Track {
  const text = `${declarations}int f(struct foo *foo, u8 *buf, size_t len, int i)\n{\n${body}\n}\n`;
  const unit = buildCUnit([{ name: "f.c", text, syntax: parseC(text) }]);
  expect(unit.gaps).toEqual([]);
  const [mapping] = ownershipOf(createFacts(unit, { lookup: apiFunction })).mappings("map-streaming");
  if (!mapping) throw new Error("nothing is mapped");
  return mapping.track;
}
const map = "dma_map_single(foo->dev, buf, len, DMA_TO_DEVICE)";

describe("a handle keeps its identity", () => {
  it.each([
    ["in a local", `dma_addr_t h = ${map}; return dma_mapping_error(foo->dev, h);`],
    ["in a field", `foo->ring->dma = ${map}; return dma_mapping_error(foo->dev, foo->ring->dma);`],
    [
      "through two names of one object",
      `struct slot *s = &foo->slots[i]; s->dma = ${map}; return dma_mapping_error(foo->dev, foo->slots[i].dma);`,
    ],
    [
      "through arithmetic and byte order",
      `__le64 a = cpu_to_le64(${map} + 2); return dma_mapping_error(foo->dev, le64_to_cpu(a));`,
    ],
    ["over a join", `dma_addr_t h; if (i) h = ${map}; else h = 0; return dma_mapping_error(foo->dev, h);`],
    [
      "in an unmap slot",
      `dma_unmap_addr_set(foo->ring, dma, ${map}); return dma_mapping_error(foo->dev, dma_unmap_addr(foo->ring, dma));`,
    ],
  ])("%s", (_, body) => {
    expect(trackOf(body).checks).toHaveLength(1);
  });

  it.each([
    [
      "when its variable gets another",
      `dma_addr_t h = ${map}; foo->ring->dma = h; h = foo_next(foo); return dma_mapping_error(foo->dev, h);`,
    ],
    [
      "when another is tested",
      `dma_addr_t h = ${map}; dma_addr_t g = dma_map_single(foo->dev, foo, 8, DMA_TO_DEVICE); if (dma_mapping_error(foo->dev, g)) return 1; writel(h, foo); return 0;`,
    ],
    [
      "when the test is on a way that the map excludes",
      `dma_addr_t h = 0; if (foo->flag) h = ${map}; if (!foo->flag) return dma_mapping_error(foo->dev, h); writel(h, foo); return 0;`,
    ],
  ])("and is not taken for another: %s", (_, body) => {
    expect(trackOf(body).checks).toHaveLength(0);
  });
});

describe("the owner", () => {
  it.each([
    ["is the device at the return", `dma_addr_t h = ${map}; return 0;`, true],
    [
      "is the CPU after the unmap",
      `dma_addr_t h = ${map}; dma_unmap_single(foo->dev, h, len, DMA_TO_DEVICE); return 0;`,
      false,
    ],
    [
      "is the CPU after a sync",
      `dma_addr_t h = ${map}; dma_sync_single_for_cpu(foo->dev, h, len, DMA_TO_DEVICE); return 0;`,
      false,
    ],
    [
      "is the device after both syncs",
      `dma_addr_t h = ${map}; dma_sync_single_for_cpu(foo->dev, h, len, DMA_TO_DEVICE); dma_sync_single_for_device(foo->dev, h, len, DMA_TO_DEVICE); return 0;`,
      true,
    ],
    [
      "is told by a flag that agrees",
      `dma_addr_t h = 0; if (foo->flag) h = ${map}; foo_wait(foo); if (foo->flag) dma_unmap_single(foo->dev, h, len, DMA_TO_DEVICE); return 0;`,
      false,
    ],
    [
      "is told by a local flag",
      `dma_addr_t h = 0; bool mapped = false; if (i) { h = ${map}; mapped = true; } if (mapped) dma_unmap_single(foo->dev, h, len, DMA_TO_DEVICE); return 0;`,
      false,
    ],
    [
      "is told by the handle itself",
      `dma_addr_t h = 0; if (i) h = ${map}; if (h) dma_unmap_single(foo->dev, h, len, DMA_TO_DEVICE); return 0;`,
      false,
    ],
    [
      "is told at the end of a goto ladder",
      `dma_addr_t h = ${map}; int err = -EIO; if (i) goto out; err = 0; out: dma_unmap_single(foo->dev, h, len, DMA_TO_DEVICE); return err;`,
      false,
    ],
    [
      "is not told by another mapping's unmap",
      `dma_addr_t h = ${map}; dma_addr_t g = dma_map_single(foo->dev, foo, 8, DMA_TO_DEVICE); dma_unmap_single(foo->dev, g, 8, DMA_TO_DEVICE); return 0;`,
      true,
    ],
  ])("%s", (_, body, leavesMapped) => {
    expect(trackOf(body).leavesMapped).toBe(leavesMapped);
  });
});

describe("accesses of the mapped memory", () => {
  it.each([
    ["through the pointer", "buf[0] = 1;", 1],
    ["at a field of another type", "((struct slot *)buf)->dma = 1;", 1],
    ["before its start", "buf[-4] = 1;", 0],
    ["at its end", "buf[len] = 1;", 0],
    ["by a kernel function", "memcpy(buf, foo, 4);", 1],
    ["of a pointer that was moved on to another buffer", "buf = foo->ring->buf; buf[0] = 1;", 0],
    ["on the way that the map failed", "if (dma_mapping_error(foo->dev, h)) buf[0] = 1;", 0],
  ])("%s", (_, statement, stores) => {
    const track = trackOf(`dma_addr_t h = ${map}; ${statement} return 0;`);
    expect(track.accesses.filter(({ access }) => access.kind === "store")).toHaveLength(stores);
  });

  it("names where they are", () => {
    const [one] = trackOf(`dma_addr_t h = ${map}; buf[4] = 1; return 0;`).accesses;
    expect(one && [one.rest, textOfValue(one.access.at)]).toEqual(["+#4", "<P1>+#4"]);
  });
});

describe("a mapping that is left in place", () => {
  const tested = `dma_addr_t h = ${map}; if (dma_mapping_error(foo->dev, h)) return -ENOMEM;`;
  const unmap = "dma_unmap_single(foo->dev, h, len, DMA_TO_DEVICE);";
  it.each([
    ["by an error return", `${tested} if (i) return -EIO; ${unmap} return 0;`, 1],
    ["not on the way that the map failed", `${tested} ${unmap} return 0;`, 0],
    [
      "not where a ladder unmaps it",
      `${tested} int err = -EIO; if (i) goto out; err = 0; out: ${unmap} return err;`,
      0,
    ],
    [
      "not past a test that the walk does not understand",
      `${tested} if (foo->ring > foo->slots) ${unmap} return 0;`,
      0,
    ],
    [
      "not after an unmap of what a descriptor holds",
      `${tested} dma_unmap_single(foo->dev, le32_to_cpu(foo->ring->dma), len, DMA_TO_DEVICE); return 0;`,
      0,
    ],
    [
      "after the unmap of another mapping",
      `${tested} dma_addr_t g = dma_map_single(foo->dev, foo, 8, DMA_TO_DEVICE); dma_unmap_single(foo->dev, g, 8, DMA_TO_DEVICE); return 0;`,
      1,
    ],
  ])("%s", (_, body, exits) => {
    expect(trackOf(body).exits).toHaveLength(exits);
  });

  it("is freed too early, and unmapped twice", () => {
    const track = trackOf(`${tested} kfree(buf); ${unmap} if (i) ${unmap} kfree(buf); return 0;`);
    expect([track.earlyFrees.length, track.doubleUnmaps.length, track.unmaps.length]).toEqual([1, 1, 2]);
  });

  it("is touched behind no flag that the driver only clears", () => {
    const cleared = `foo->flag = false; ${tested} if (foo->flag) buf[0] = 1; return 0;`;
    expect(trackOf(cleared).accesses).toHaveLength(0);
    expect(trackOf(cleared.replace("false", "i")).accesses).not.toHaveLength(0);
  });
});

it("comes to an end on loops that change everything", () => {
  const track = trackOf(
    `dma_addr_t h; while (i--) { h = ${map}; foo->ring = (void *)foo->ring->buf; if (i & 1) continue; buf = foo->ring->buf; } return 0;`,
  );
  expect(track.leavesMapped).toBe(true);
});

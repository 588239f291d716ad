import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TagArray } from "./cache.ts";
import type { CacheModel } from "./model.ts";

const small: CacheModel = {
  lineBytes: 32,
  ways: 2,
  sets: 4,
  index: "physical",
  tag: "physical",
  write: "back",
  allocate: "read-write",
  replacement: "lru",
  granuleBytes: 32,
};

/** Accesses lines; for each a hit, or the line that was evicted, or nothing. */
function trace(model: CacheModel, lines: readonly number[]): string {
  const cache = new TagArray(model);
  return lines
    .map((line) => {
      const found = cache.find(line, line);
      if (found >= 0) {
        cache.use(found);
        return "hit";
      }
      const place = cache.victim(line, line);
      const victim = cache.at(place);
      if (victim !== undefined) cache.remove(place);
      cache.insert(place, line, line);
      return victim === undefined ? "miss" : `evict ${victim.physical.toString(16)}`;
    })
    .join(", ");
}

// Lines 0x000, 0x080, 0x100 and 0x180 share set 0 of a cache with 4 sets of 32-byte lines.
describe("places of lines", () => {
  it("replaces the least recently used", () => {
    expect(trace(small, [0x000, 0x080, 0x000, 0x100, 0x000, 0x080])).toBe("miss, miss, hit, evict 80, hit, evict 100");
  });

  it("replaces the first in", () => {
    const fifo: CacheModel = { ...small, replacement: "fifo" };
    expect(trace(fifo, [0x000, 0x080, 0x000, 0x100, 0x000, 0x080])).toBe(
      "miss, miss, hit, evict 0, evict 80, evict 100",
    );
  });

  it("replaces way after way", () => {
    const turns: CacheModel = { ...small, replacement: "round-robin" };
    expect(trace(turns, [0x000, 0x080, 0x080, 0x100, 0x180, 0x000])).toBe(
      "miss, miss, hit, evict 0, evict 80, evict 100",
    );
  });

  it("keeps sets apart", () => {
    expect(trace(small, [0x000, 0x020, 0x040, 0x060, 0x080, 0x0a0, 0x000])).toBe(
      "miss, miss, miss, miss, miss, miss, hit",
    );
  });

  it("indexes by the virtual address and compares the physical one", () => {
    const cache = new TagArray({ ...small, index: "virtual" });
    cache.insert(cache.victim(0x020, 0x1000), 0x020, 0x1000);
    expect(cache.find(0x020, 0x1000)).toBe(2);
    expect(cache.find(0x040, 0x1000)).toBe(-1);
    expect(cache.find(0x0a0, 0x1000)).toBe(2);
  });

  it("compares virtual tags", () => {
    const cache = new TagArray({ ...small, index: "virtual", tag: "virtual" });
    cache.insert(cache.victim(0x020, 0x1000), 0x020, 0x1000);
    expect(cache.find(0x0a0, 0x1000)).toBe(-1);
    // The same virtual address hits whatever lies behind it now: a homonym.
    expect(cache.at(cache.find(0x020, 0x2000))).toEqual({ virtual: 0x020, physical: 0x1000 });
  });

  it("indexes negative (upper half) addresses by their low bits", () => {
    const cache = new TagArray({ ...small, index: "virtual" });
    const virtual = -0x8000_0000_0000 + 0x60;
    expect(cache.setOf(virtual, 0)).toBe(3);
  });

  /** The same cache, as simply as it can be said: each set a list, the next victim first. */
  function byLists(model: CacheModel, lines: readonly number[]): string {
    const sets = Array.from({ length: model.sets }, (): number[] => []);
    return lines
      .map((line) => {
        const set = sets[(line / model.lineBytes) % model.sets] ?? [];
        const at = set.indexOf(line);
        if (at >= 0) {
          if (model.replacement === "lru") set.push(...set.splice(at, 1));
          return "hit";
        }
        const victim = set.length === model.ways ? set.shift() : undefined;
        set.push(line);
        return victim === undefined ? "miss" : `evict ${victim.toString(16)}`;
      })
      .join(", ");
  }

  it.each(["lru", "fifo", "round-robin"] as const)("agrees with lists on random traces: %s", (replacement) => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(1, 2, 8),
        fc.array(fc.nat({ max: 40 }), { maxLength: 120 }),
        (ways, sets, picks) => {
          // Without removals in between, taking turns and first-in-first-out are the same order.
          const model: CacheModel = { ...small, replacement, ways, sets };
          const lines = picks.map((pick) => pick * model.lineBytes);
          expect(trace(model, lines)).toBe(byLists(model, lines));
        },
      ),
      { numRuns: 150 },
    );
  });
});

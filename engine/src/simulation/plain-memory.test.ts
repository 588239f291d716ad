import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainMemory } from "./plain-memory.ts";
import { known } from "./value.ts";

/** Around the end of a page, at the bottom of memory and at its top: no address may be rounded. */
const bases = [0x1ff0n, 0xffff_8880_0010_0ff8n, 0xffff_ffff_ffff_e000n];

const operation = fc.record({
  what: fc.constantFrom("store", "fill", "forget", "copy"),
  at: fc.nat({ max: 60 }),
  to: fc.nat({ max: 60 }),
  size: fc.integer({ min: 1, max: 16 }),
  value: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
});

describe("plain memory", () => {
  it("is an array of bytes, with what is known of each", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        fc.boolean(),
        fc.array(operation, { maxLength: 20 }),
        (base, big, list) => {
          const memory = new PlainMemory(big);
          const bytes = new Uint8Array(80);
          const states = new Uint8Array(80);
          for (const { what, at, to, size, value } of list) {
            const address = base + BigInt(at);
            if (what === "store") {
              memory.store(address, size, known(value));
              for (let i = 0; i < size; i++) {
                bytes[at + (big ? size - 1 - i : i)] = Number((value >> BigInt(8 * i)) & 0xffn);
                states[at + i] = 2;
              }
            } else if (what === "fill") {
              memory.fill(address, size, 7, "soft");
              bytes.fill(7, at, at + size);
              states.fill(1, at, at + size);
            } else if (what === "forget") {
              memory.forget(address, size);
              bytes.fill(0, at, at + size);
              states.fill(0, at, at + size);
            } else {
              memory.copy(base + BigInt(to), address, size);
              bytes.set(bytes.slice(at, at + size), to);
              states.set(states.slice(at, at + size), to);
            }
          }
          for (const { at, size } of list) {
            let bits = 0n;
            for (let i = 0; i < size; i++) bits = (bits << 8n) | BigInt(bytes[at + (big ? i : size - 1 - i)] ?? 0);
            expect(memory.load(base + BigInt(at), size).bits).toBe(bits);
            const weakest = Math.min(...states.slice(at, at + size));
            expect(memory.knowledge(base + BigInt(at), size)).toBe(["fresh", "soft", "known"][weakest]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("keeps the origin of what was stored, until a byte of it changes", () => {
    const memory = new PlainMemory(false);
    const origin = { kind: "input", name: "n" } as const;
    memory.store(0x1ffcn, 8, { bits: 5n, origin });
    expect(memory.load(0x1ffcn, 8)).toEqual({ bits: 5n, origin });
    memory.copy(0x3000n, 0x1ffcn, 8);
    expect(memory.load(0x3000n, 8)).toEqual({ bits: 5n, origin });
    memory.store(0x1ffcn, 1, known(1n));
    expect(memory.load(0x1ffcn, 8)).toEqual({ bits: 1n });
  });
});

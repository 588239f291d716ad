import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseC } from "../syntax/c/parse.ts";
import { reachableBlocks, successorsOf } from "./graph.ts";
import { printFunction } from "./print.ts";
import type { DriverUnit } from "./program.ts";
import { buildCUnit } from "./unit.ts";
import { expressionsOf, expressionsOfTerminator, targetOf, walkExpression, walkPlace } from "./visit.ts";

const folder = new URL("./fixtures/", import.meta.url);
const fixtures = readdirSync(folder).filter((name) => name.endsWith(".c"));

function unitOf(name: string, text: string): DriverUnit {
  return buildCUnit([{ name, text, syntax: parseC(text) }]);
}

function dump(unit: DriverUnit): string {
  const gaps = unit.gaps.map((gap) => `gap ${gap.start}-${gap.end}: ${gap.reason}\n`).join("");
  return unit.functions.map(printFunction).join("\n") + gaps;
}

/** What every lowered function must hold, whatever the text: the readers rely on it. */
function checkShape(unit: DriverUnit): void {
  for (const one of unit.functions) {
    const length = unit.files.get(one.file)?.text.length ?? 0;
    const ids = new Set<number>();
    const reachable = reachableBlocks(one);
    one.blocks.forEach((block, i) => {
      if (block.id !== i) throw new Error(`${one.name}: block ${block.id} stands at ${i}`);
      for (const next of successorsOf(block.terminator)) {
        if (one.blocks[next] === undefined) throw new Error(`${one.name}: b${i} leads to b${next}, which is not there`);
      }
      if (!reachable.has(i) && block.statements.length === 0) {
        const wanted = one.blocks.some((other) => successorsOf(other.terminator).includes(i));
        if (!wanted) throw new Error(`${one.name}: b${i} is empty and unreachable`);
      }
      const parts = [...block.statements, block.terminator];
      for (const part of parts) {
        if (part.start < 0 || part.end < part.start || part.end > length) {
          throw new Error(`${one.name}: span ${part.start}-${part.end} of ${part.kind} lies outside the file`);
        }
        if (part.file !== one.file) throw new Error(`${one.name}: a span in ${part.file}`);
      }
      const visit = (): void => undefined;
      for (const statement of block.statements) {
        if (ids.has(statement.id)) throw new Error(`${one.name}: statement id ${statement.id} twice`);
        ids.add(statement.id);
        for (const expression of expressionsOf(statement)) walkExpression(expression, visit);
        const target = targetOf(statement);
        if (target !== undefined) walkPlace(target, visit);
        if (target?.root.kind === "variable" && one.variables[target.root.id] === undefined) {
          throw new Error(`${one.name}: writes a variable that is not listed`);
        }
      }
      for (const expression of expressionsOfTerminator(block.terminator)) walkExpression(expression, visit);
    });
  }
}

describe("lowering C", () => {
  it.each(fixtures)("gives the control flow of %s", async (name) => {
    const unit = unitOf(name, readFileSync(new URL(name, folder), "utf8"));
    checkShape(unit);
    await expect(dump(unit)).toMatchFileSnapshot(`./fixtures/${name.replace(/\.c$/, ".cfg")}`);
  });

  it("is deterministic", () => {
    for (const name of fixtures) {
      const text = readFileSync(new URL(name, folder), "utf8");
      expect(dump(unitOf(name, text))).toBe(dump(unitOf(name, text)));
    }
  });

  it("survives any damage to the text", () => {
    // A small congruential generator: the same mutations on every run.
    let seed = 20080917;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % limit;
    };
    const junk = [
      "{",
      "}",
      "(",
      ")",
      ";",
      ",",
      "*",
      "&",
      "#",
      "if",
      "case 1:",
      "->",
      "[",
      "]",
      "=",
      '"',
      "__free(x)",
      "#if A\n",
      "#else\n",
      "goto x;",
    ];
    for (const name of fixtures) {
      const text = readFileSync(new URL(name, folder), "utf8");
      for (let round = 0; round < 60; round++) {
        let mutated = text;
        for (let i = 0; i <= random(4); i++) {
          const at = random(mutated.length);
          const cut = random(3) === 0 ? random(30) : random(3);
          mutated = mutated.slice(0, at) + (junk[random(junk.length)] ?? "") + mutated.slice(at + cut);
        }
        checkShape(unitOf(name, mutated));
      }
    }
  });

  it("survives deep nesting and macros that grow without bounds", () => {
    const deep = 3000;
    const nested = `int f(int x) { return ${"(".repeat(deep)}x${")".repeat(deep)}; }\n`;
    const sum = `int g(int x) { return ${"x + ".repeat(deep)}x; }\n`;
    const blocks = `void h(void) { ${"{".repeat(deep)} a(); ${"}".repeat(deep)} }\n`;
    const chain = `void k(int x) { ${"if (x) a(); else ".repeat(deep)} b(); }\n`;
    const growing = Array.from({ length: 40 }, (_, i) => `#define M${i + 1}(x) (M${i}(x) + M${i}(x))\n`).join("");
    const use = `#define M0(x) x\n${growing}int m(int x) { return M40(x); }\n`;
    const objects = Array.from({ length: 60 }, (_, i) => `#define N${i + 1} (N${i} + N${i})\n`).join("");
    for (const text of [
      nested,
      sum,
      blocks,
      chain,
      use,
      `${objects}int n(void) { int a[N60]; return sizeof(a) + N60; }\n`,
    ]) {
      checkShape(unitOf("deep.c", text));
    }
  });
});

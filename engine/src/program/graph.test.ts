import { describe, expect, it } from "vitest";
import { parseC } from "../syntax/c/parse.ts";
import { immediateDominators, predecessorsOf, reachableBlocks, reversePostOrder } from "./graph.ts";
import { buildCUnit } from "./unit.ts";
import { placeKey, pointersOf, printPlace, readsOf } from "./visit.ts";

function functionOf(text: string) {
  const unit = buildCUnit([{ name: "a.c", text, syntax: parseC(text) }]);
  const [first] = unit.functions;
  if (first === undefined) throw new Error("no function");
  return first;
}

describe("the graph", () => {
  // b0: a; b1: loop test; b2: body, if; b3: then; b4: after the loop
  const loop = functionOf("void f(int n) { a(); while (n) { b(); if (n == 2) c(); n--; } d(); }");

  it("orders loop bodies before loop exits", () => {
    const order = reversePostOrder(loop);
    expect(order[0]).toBe(0);
    expect(order).toHaveLength(loop.blocks.length);
    const exit = loop.blocks.find((block) => block.terminator.kind === "return")?.id;
    expect(order.at(-1)).toBe(exit);
  });

  it("knows predecessors and dominators", () => {
    const before = predecessorsOf(loop);
    const dominators = immediateDominators(loop);
    const head = loop.blocks.findIndex((block) => block.terminator.kind === "branch" && block.statements.length === 0);
    expect(before[head]?.length).toBe(2);
    expect(dominators[0]).toBe(-1);
    const exit = loop.blocks.findIndex((block) => block.terminator.kind === "return");
    expect(dominators[exit]).toBe(head);
  });

  it("does not reach code after a return", () => {
    const dead = functionOf("int f(void) { return 1; g(); }");
    expect(reachableBlocks(dead).size).toBe(1);
    expect(dead.blocks).toHaveLength(2);
  });
});

describe("places", () => {
  const text =
    "struct s { struct s *next; int ring[4]; }; int f(struct s *p, int i) { return p->next->ring[i] + (*p).ring[1] + p[2].ring[0]; }";
  const target = functionOf(text);
  const terminator = target.blocks[0]?.terminator;
  const places = terminator?.kind === "return" && terminator.value !== undefined ? readsOf(terminator.value) : [];

  it("print as the source writes them, and have keys", () => {
    expect(places.map((place) => printPlace(place, target))).toEqual([
      "p->next->ring[i]",
      "i",
      "p->ring[1]",
      "p[2].ring[0]",
    ]);
    expect(places.map(placeKey)).toEqual(["v0*.s:next*.s:ring[v1]", "v1", "v0*.s:ring[1]", "v0*[2].s:ring[0]"]);
    const [first] = places;
    expect(first && pointersOf(first).map((place) => printPlace(place, target))).toEqual(["p", "p->next"]);
  });
});

import { describe, expect, it } from "vitest";
import { apiFunction } from "../../kernel/catalogue.ts";
import { buildCUnit } from "../../program/index.ts";
import { parseC } from "../../syntax/c/parse.ts";
import { createFacts } from "../unit-facts.ts";

const store = "static void fill(struct urb *urb) { urb->transfer_buffer = kmalloc(64, GFP_KERNEL); }\n";
const use = "static void send(struct urb *urb) { use(urb->transfer_buffer); }\n";

/** What kinds of memory the argument of use() may be. */
function kinds(files: Readonly<Record<string, string>>): readonly string[] {
  const unit = buildCUnit(Object.entries(files).map(([name, text]) => ({ name, text, syntax: parseC(text) })));
  const facts = createFacts(unit, { lookup: apiFunction });
  const [call] = facts.callsTo("use");
  const argument = call?.statement.arguments[0];
  if (!call || !argument) throw new Error("nothing is used");
  const value = facts.valueOf({ function: call.function, statement: call.statement.id }, argument);
  return [...new Set(value.contexts.flatMap(({ origins }) => origins.map(({ kind }) => kind)))];
}

describe("a field of a struct of the kernel", () => {
  it("holds what another file of the driver stores", () => {
    expect(kinds({ "h/a.c": `#include "a.h"\n${use}`, "h/a_mem.c": `#include "a.h"\n${store}` })).toEqual(["linear"]);
  });

  it("does not hold what another driver of the folder stores", () => {
    expect(kinds({ "h/a.c": `#include "a.h"\n${use}`, "h/b.c": store })).toEqual(["unknown"]);
    expect(kinds({ "h/a.c": use, "h/b.c": `#include "../common.h"\n${store}` })).toEqual(["unknown"]);
  });

  it("holds what a header of the driver stores", () => {
    expect(kinds({ "h/a.c": `#include "a.h"\n${use}`, "h/a.h": store })).toEqual(["linear"]);
  });
});

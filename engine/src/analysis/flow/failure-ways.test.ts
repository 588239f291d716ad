/** What a caller reaches when its callee has failed, told by the names of the functions that it calls then. */
import { describe, expect, it } from "vitest";
import { apiFunction } from "../../kernel/catalogue.ts";
import { unitOf } from "../../testing/unit-from-text.ts";
import { afterFailure, failureOf } from "./failure-ways.ts";
import { withSummaries } from "../values/function-summaries.ts";
import { ownershipOf } from "../ownership/ownership.ts";
import { createFacts } from "../unit-facts.ts";

function reached(
  body: string,
  failure: string,
): { readonly calls: readonly string[]; readonly returned: readonly string[] } {
  const unit = unitOf({ "a.c": `static int f(struct foo *foo)\n{\n\tint ret, more = 0;\n\tvoid *p;\n\t${body}\n}\n` });
  const owner = unit.functions[0];
  const call = owner?.blocks
    .flatMap((block) => block.statements)
    .find((one) => one.kind === "call" && one.callee.kind === "direct" && one.callee.name === "start");
  if (!owner || call?.kind !== "call") throw new Error("the text has no call of start()");
  const facts = createFacts(unit, withSummaries({ lookup: apiFunction }, []));
  const calls: string[] = [];
  const returned = afterFailure(ownershipOf(facts).valuesOf(owner), call, failureOf(failure), (one) => {
    if (one.callee.kind === "direct" && /^on_/.test(one.callee.name)) calls.push(one.callee.name);
    return "on";
  });
  return { calls: calls.sort(), returned };
}

describe("the ways behind a failed call", () => {
  it.each([
    [
      "a test for not 0",
      "ret = start(foo); if (ret) { on_error(); return ret; } on_success(); return 0;",
      ["on_error"],
    ],
    ["a test for 0", "ret = start(foo); if (!ret) on_success(); else on_error(); return ret;", ["on_error"]],
    [
      "a test for a negative value",
      "ret = start(foo); if (ret < 0) on_error(); else on_success(); return ret;",
      ["on_error"],
    ],
    ["a test for a count", "ret = start(foo); if (ret <= 0) on_error(); else on_success(); return ret;", ["on_error"]],
    ["another error", "ret = start(foo); if (ret == -EBUSY) on_busy(); else on_error(); return ret;", ["on_error"]],
    [
      "a test after a join",
      "if (foo) ret = start(foo); else ret = 0; if (ret) on_error(); else on_success(); return ret;",
      ["on_error"],
    ],
    [
      "an error pointer",
      "p = start(foo); if (IS_ERR(p)) { on_error(); return PTR_ERR(p); } on_success(); return 0;",
      ["on_error"],
    ],
    [
      "a condition that says nothing of it",
      "ret = start(foo); if (foo->ok) on_one(); else on_other(); return ret;",
      ["on_one", "on_other"],
    ],
    [
      "a result that is overwritten",
      "ret = start(foo); ret = next(foo); if (ret) on_one(); else on_other(); return 0;",
      ["on_one", "on_other"],
    ],
  ])("%s", (_what, body, calls) => {
    expect(reached(body, "-($ENOMEM)").calls).toEqual(calls);
  });

  it("hands the error on to the caller's caller", () => {
    expect(reached("ret = start(foo); if (ret) return ret; return 0;", "-($ENOMEM)").returned).toEqual(["-($ENOMEM)"]);
  });
});

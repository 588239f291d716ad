/** The fix of dma/map-error-wrong-test: the right test in the place of the wrong one, where both are plain text. */
import type { Facts } from "../../analysis/facts.ts";
import { rightTest } from "../../analysis/fixes/mapping-tests.ts";
import type { Mapping } from "../../analysis/ownership/ownership.ts";
import type { WrongTest } from "../../analysis/ownership/ownership-checks.ts";
import type { RuleFix } from "../rule.ts";

export function fixesOf(facts: Facts, { owner, call, made }: Mapping, wrong: WrongTest): readonly RuleFix[] {
  const text = facts.unit.files.get(call.file)?.text;
  if (text === undefined || call !== made.call || wrong.file !== call.file) return [];
  const right = rightTest(text, call, owner.language);
  // A test that only some configurations compile would not become one for the others.
  if (!right || wrong.start < call.end || /^[ \t]*#/m.test(text.slice(call.end, wrong.start))) return [];
  // The condition of a branch is without its negation, which swaps the ways instead.
  const negation = /![ \t]*$/.exec(text.slice(0, wrong.start))?.[0] ?? "";
  const start = wrong.start - negation.length;
  const written = text.slice(start, wrong.end).replace(/\s+/g, "");
  if (!spellings(right.handle).has(written)) return [];
  return [{ id: "test-right", edits: [{ file: call.file, start, end: wrong.end, newText: right.test }] }];
}

/** The ways to write a failure that one test replaces; others are left to a person. */
function spellings(handle: string): ReadonlySet<string> {
  return new Set([
    `!${handle}`,
    `${handle}==0`,
    `${handle}==NULL`,
    `${handle}<0`,
    `${handle}==DMA_MAPPING_ERROR`,
    `IS_ERR((void*)${handle})`,
    `IS_ERR_OR_NULL((void*)${handle})`,
    `IS_ERR_VALUE(${handle})`,
    `IS_ERR_VALUE((unsignedlong)${handle})`,
  ]);
}

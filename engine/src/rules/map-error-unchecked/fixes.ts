/** Fixes of dma/map-error-unchecked: a test with an error exit, where the function's convention makes the exit plain. */
import type { Facts } from "../../analysis/facts.ts";
import type { UntestedHandle } from "../../analysis/ownership-checks.ts";
import type { RuleFix } from "../rule.ts";

export function fixesOf(_facts: Facts, _untested: UntestedHandle): readonly RuleFix[] {
  return [];
}

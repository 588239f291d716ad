/** Fixes of dma/cpu-access-while-mapped. */
import type { Facts } from "../../analysis/facts.ts";
import type { AccessViolation } from "../../analysis/ownership-violations.ts";
import type { RuleFix } from "../rule.ts";

export function fixesOf(_facts: Facts, _violation: AccessViolation): readonly RuleFix[] {
  return [];
}

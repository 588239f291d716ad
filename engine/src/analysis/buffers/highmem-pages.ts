/** Pages that may lie in highmem, and their addresses: page_address() is NULL for them (Documentation/mm/highmem.rst, 6.12.117). */
import { textBetween } from "../../program/lower-c-file.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";

export interface HighmemAddress {
  readonly call: ApiCall;
  readonly subject: string;
  readonly origin: Origin;
}

/** Addresses taken of pages that were allocated with a highmem mask. */
export function highmemAddresses(facts: Facts): readonly HighmemAddress[] {
  const found: HighmemAddress[] = [];
  for (const call of facts.callsWith("page-to-virt")) {
    const page = call.argument("page");
    if (!page) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, page);
    const origin = forbiddenOrigins(value, (one) => isHighmem(facts, one))[0]?.origin;
    if (origin) found.push({ call, subject: facts.textOf(call.function, page), origin });
  }
  return found;
}

function isHighmem(facts: Facts, origin: Origin): boolean {
  const { birth, api } = origin;
  // The page of alloc_pages() itself: nothing was made of it yet.
  if (api?.handle !== "page" || origin.conversions.length > 0) return false;
  const at = api.parameters.findIndex((one) => one.role === "gfp");
  const mask = birth?.statement.arguments[at];
  if (!birth || !mask) return false;
  const text = textBetween(facts.unit, mask.file, mask.start, mask.end);
  return /\bGFP_HIGHUSER|\b__GFP_HIGHMEM/.test(text) && !/~\s*__GFP_HIGHMEM/.test(text);
}

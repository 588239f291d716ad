/** Memory for DMA that is freed by the function of another family than the one that allocated it. */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { Expression } from "../../program/program.ts";
import { directName } from "../../program/visit.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { workingsOf } from "../unit-facts.ts";
import { placeKey } from "../values/field-keys.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";

export interface FreedByOther {
  readonly call: ApiCall;
  readonly origin: Origin;
  readonly memory: Expression;
  /** The function that frees such memory: "dma_free_noncoherent". */
  readonly partner: string;
}

/**
 * Families of Documentation/core-api/dma-api.rst:67-70, 95-147, 577-579 (6.12.117), by the function that frees. Whether devres knows the
 * memory, and whether dma_free_attrs() gets the right attributes, are questions of other rules.
 */
const families: readonly { readonly alloc: RegExp; readonly free: RegExp; readonly partner: string }[] = [
  {
    alloc: /^dmam?_(alloc|zalloc)_(coherent|attrs|wc)$/,
    free: /^dmam?_free_(coherent|attrs|wc)$/,
    partner: "dma_free_coherent",
  },
  { alloc: /^dma_alloc_noncoherent$/, free: /^dma_free_noncoherent$/, partner: "dma_free_noncoherent" },
  { alloc: /^dma_pool_z?alloc$/, free: /^dma_pool_free$/, partner: "dma_pool_free" },
];

/** Frees whose memory certainly comes from another family. */
export function freedByOther(facts: Facts): readonly FreedByOther[] {
  const found: FreedByOther[] = [];
  for (const call of facts.callsOf(freesFamily)) {
    const memory = call.argument("cpu");
    if (!memory || isFilledByOwn(facts, call.name, memory)) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, memory);
    for (const { origin } of forbiddenOrigins(value, (one) => otherFamily(one, call.name) !== undefined)) {
      const partner = otherFamily(origin, call.name);
      if (partner !== undefined) found.push({ call, origin, memory, partner });
    }
  }
  return found;
}

/** The field that the memory is read from is filled by the freeing function's own family as well: which of them it is, is not known. */
function isFilledByOwn(facts: Facts, freeing: string, memory: Expression): boolean {
  const one = peel(memory);
  const key = one.kind === "read" ? placeKey(one.place) : undefined;
  const own = families.find(({ free }) => free.test(freeing));
  if (key === undefined || own === undefined) return false;
  return workingsOf(facts)
    .index.storesTo(key)
    .some(({ statement }) => statement.kind === "call" && own.alloc.test(directName(statement)));
}

function freesFamily({ name, effect }: ApiFunction): boolean {
  return effect === "free" && families.some(({ free }) => free.test(name));
}

function otherFamily({ api, birth, conversions }: Origin, freeing: string): string | undefined {
  if (!birth || api?.effect !== "allocate" || conversions.length > 0) return undefined;
  const family = families.find(({ alloc }) => alloc.test(api.name));
  return family === undefined || family.free.test(freeing) ? undefined : family.partner;
}

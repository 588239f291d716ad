/**
 * DMA attributes that an allocation was made with, against those of the call that frees it, maps it for a user or makes a table of it.
 * The attributes choose the way of the memory (Documentation/core-api/dma-attributes.rst, 6.12.117), so each call must name the same.
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { Expression } from "../../program/program.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";

export interface AttributesMismatch {
  readonly call: ApiCall;
  /** The allocation. */
  readonly origin: Origin;
  /** The CPU address that the call gets. */
  readonly memory: Expression;
  /** As the source would write them: "DMA_ATTR_WRITE_COMBINE", "no attributes". */
  readonly allocated: string;
  readonly given: string;
}

/** Attributes that choose where the memory is or how it is mapped: others (NO_WARN, ALLOC_SINGLE_PAGES, SKIP_CPU_SYNC) matter only once. */
const lasting = new Set(["DMA_ATTR_WRITE_COMBINE", "DMA_ATTR_NO_KERNEL_MAPPING", "DMA_ATTR_FORCE_CONTIGUOUS"]);
const harmless = new Set(["DMA_ATTR_NO_WARN", "DMA_ATTR_ALLOC_SINGLE_PAGES", "DMA_ATTR_SKIP_CPU_SYNC"]);

export function attributesMismatches(facts: Facts): readonly AttributesMismatch[] {
  const found: AttributesMismatch[] = [];
  // Where all calls of the unit are given the same, nothing can differ, and no value needs to be followed.
  const calls = facts.callsOf(takesAttributes);
  const written = calls.map((call) => attributesOf(call.name, call.argument("attrs")));
  if (new Set(written.filter((one) => one !== undefined)).size < 2) return found;
  for (const call of calls) {
    if (call.api.effect === "allocate") continue;
    const given = attributesOf(call.name, call.argument("attrs"));
    const memory = call.argument("cpu");
    if (given === undefined || !memory) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, memory);
    const differs = (origin: Origin): boolean => {
      const made = originAttributes(origin);
      return made !== undefined && made !== given;
    };
    // One way on which the attributes fit shows that the function, or the type of its field, is shared: which way is taken is not ours to say.
    if (value.contexts.some(({ origins }) => origins.some((origin) => originAttributes(origin) === given))) continue;
    for (const { origin } of forbiddenOrigins(value, differs))
      found.push({ call, origin, memory, allocated: spell(originAttributes(origin) ?? ""), given: spell(given) });
  }
  return found;
}

function originAttributes({ birth, api, conversions }: Origin): string | undefined {
  if (!birth || !api || conversions.length > 0 || api.effect !== "allocate") return undefined;
  const at = api.parameters.findIndex(({ role }) => role === "attrs");
  return attributesOf(api.name, birth.statement.arguments[at]);
}

const attributeFamilies = /^dmam?_(?:alloc|free|mmap)_(coherent|wc|writecombine|attrs)$/;

function takesAttributes({ name, effect }: ApiFunction): boolean {
  return attributeFamilies.test(name) && (effect === "allocate" || effect === "free" || effect === "map-user");
}

/** The lasting attributes of a call, sorted; undefined where they are not written there. */
function attributesOf(name: string, attributes: Expression | undefined): string | undefined {
  const [, family] = attributeFamilies.exec(name) ?? [];
  if (family === undefined) return undefined;
  if (family === "coherent") return "";
  if (family !== "attrs") return "DMA_ATTR_WRITE_COMBINE";
  const names = attributes && namesIn(attributes);
  return names
    ?.filter((one) => lasting.has(one))
    .sort()
    .join(" | ");
}

/** The attributes that an expression names; undefined where it holds anything else. */
function namesIn(expression: Expression): readonly string[] | undefined {
  const one = peel(expression);
  if (one.kind === "binary" && one.operator === "|") {
    const left = namesIn(one.left);
    const right = namesIn(one.right);
    return left && right && [...left, ...right];
  }
  if (one.kind === "constant" && one.value === 0n) return [];
  const name = one.kind === "symbol" || one.kind === "constant" ? one.name : undefined;
  return name !== undefined && (lasting.has(name) || harmless.has(name)) ? [name] : undefined;
}

function spell(attributes: string): string {
  return attributes === "" ? "no attributes" : attributes;
}

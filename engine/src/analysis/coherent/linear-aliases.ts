/**
 * Second, cached kernel addresses of coherent memory: its true page or frame, turned back into a pointer. The allocator cleans the
 * cache once and gives the only address that is good from then on (kernel/dma/direct.c:272-298, linux 6.12.117). A page or frame that
 * linear-map arithmetic made of the pointer is another page, and has a law of its own (coherent-uses.ts).
 */
import { KnownOf } from "../../program/dependencies.ts";
import { kernelAliases, nameOfPages } from "../aliases/kernel-aliases.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { Facts, Origin, Value } from "../facts.ts";
import { apiConversion } from "../values/api-effects.ts";
import { allocatesCoherent } from "../values/api-names.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { isCoherentMemory } from "./coherent-uses.ts";

export interface LinearAlias {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly name: string;
  readonly origin: Origin;
  /** How the source calls what is turned into a pointer. */
  readonly subject: string;
  /** How the source calls the memory: an array of pages by its own name. */
  readonly memory: string;
}

/** Calls that map a physical address cached: which argument it is, and the flag that makes it cached, if there are others. */
const cachedMaps: Readonly<Record<string, { readonly address: number; readonly flags?: number }>> = {
  memremap: { address: 0, flags: 2 },
  devm_memremap: { address: 1, flags: 3 },
  ioremap_cache: { address: 0 },
};

const known = new KnownOf<Facts, readonly LinearAlias[]>();

export function linearAliases(facts: Facts): readonly LinearAlias[] {
  let found = known.get(facts);
  if (!found) {
    found = findAliases(facts);
    known.set(facts, found);
  }
  return found;
}

function findAliases(facts: Facts): readonly LinearAlias[] {
  if (!hasSources(facts)) return [];
  const found: LinearAlias[] = [];
  const judge = (
    call: { readonly function: ProgramFunction; readonly statement: CallStatement; readonly name: string },
    value: Value,
    subject: string,
    forbidden: (origin: Origin) => boolean,
  ): void => {
    const { function: owner, statement, name } = call;
    for (const { origin } of forbiddenOrigins(value, forbidden))
      found.push({
        function: owner,
        statement,
        name,
        origin,
        subject,
        memory: origin.name.endsWith("[]") ? subject : origin.name,
      });
  };
  for (const call of facts.callsWith("page-to-virt", "phys-to-virt", "kernel-map")) {
    const at = apiConversion(call.api)?.argument ?? call.api.parameters.findIndex(({ role }) => role === "page");
    const argument = call.statement.arguments[at];
    if (at < 0 || !argument) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, argument);
    judge(call, value, facts.textOf(call.function, argument), isTrueFrame);
  }
  for (const [name, { address, flags }] of Object.entries(cachedMaps))
    for (const call of facts.callsTo(name)) {
      const argument = call.statement.arguments[address];
      const given = flags === undefined ? undefined : call.statement.arguments[flags];
      if (!argument || (given && !isNamed(given, "MEMREMAP_WB")) || !facts.apiOf(call.function, call.statement))
        continue;
      const value = facts.valueOf({ function: call.function, statement: call.statement.id }, argument);
      judge(
        { ...call, name },
        value,
        facts.textOf(call.function, argument),
        (one) => isTrueFrame(one) || isHandle(one),
      );
    }
  for (const alias of kernelAliases(facts)) {
    if (alias.protection && !isNamed(alias.protection, "PAGE_KERNEL")) continue;
    judge(alias, alias.elements, nameOfPages(facts, alias), isTrueFrame);
  }
  return found;
}

/** The calls that find the true frame are rare, and so are cached maps: without any of them nothing has to be followed. */
function hasSources(facts: Facts): boolean {
  const names = ["dma_to_phys", "iommu_iova_to_phys", "vmalloc_to_page", "vmalloc_to_pfn", ...Object.keys(cachedMaps)];
  return names.some((name) => facts.callsTo(name).length > 0) && facts.callsOf(allocatesCoherent).length > 0;
}

/** The page or frame that the memory really has, found from its handle or from the kernel's page tables. */
function isTrueFrame(origin: Origin): boolean {
  const { conversions } = origin;
  // What is made of a pointer again, or of a page that arithmetic made, is somebody else's business.
  if (conversions.some((one) => one === "virt" || one === "vmap")) return false;
  if (isHandle(origin)) return conversions.includes("frame");
  return isCoherentMemory(origin) && conversions.includes("vmalloc-page");
}

function isHandle({ kind }: Origin): boolean {
  return kind === "dma-coherent" || kind === "dma-pool";
}

function isNamed(expression: Expression, name: string): boolean {
  const one = peel(expression);
  return (one.kind === "symbol" || one.kind === "constant") && one.name === name;
}

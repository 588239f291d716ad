/**
 * Which allocator's memory dma_mmap_coherent() and dma_mmap_pages() are given: each maps what its own allocator made
 * (kernel/dma/mapping.c:536-564,728-738, Documentation/core-api/dma-api.rst:587-589, linux 6.12.117).
 */
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import { retypes } from "../aliases/alias-protections.ts";
import { isCoherentMemory, isPointer } from "./coherent-uses.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";

export interface WrongKind {
  readonly call: ApiCall;
  readonly subject: Expression;
  readonly origin: Origin;
  /** What the memory is by the allocator that made it. */
  readonly is: "coherent" | "non-coherent" | "ordinary" | "vmalloc";
}

const coherentMappers = new Set(["dma_mmap_coherent", "dma_mmap_attrs", "dma_mmap_wc", "dma_mmap_writecombine"]);

/** Calls whose memory is another allocator's for certain. Silent where the driver changes the linear map's type itself. */
export function wrongKinds(facts: Facts): readonly WrongKind[] {
  const found: WrongKind[] = [];
  for (const call of facts.callsWith("map-user")) {
    const pages = call.name === "dma_mmap_pages";
    if (!pages && !coherentMappers.has(call.name)) continue;
    const subject = pages ? call.argument("page") : call.argument("cpu");
    if (!subject) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, subject);
    const verdicts = forbiddenOrigins(value, (origin) =>
      origin.birth === undefined ? false : pages ? isPageOfCoherent(origin) : kindOf(origin) !== undefined,
    );
    if (verdicts.length === 0 || retypes(facts)) continue;
    for (const { origin } of verdicts) found.push({ call, subject, origin, is: kindOf(origin) ?? "coherent" });
  }
  return found;
}

function isPageOfCoherent(origin: Origin): boolean {
  return isCoherentMemory(origin) && origin.conversions.some((one) => one === "page" || one === "vmalloc-page");
}

/** Memory that is not coherent, by its pointer. */
function kindOf(origin: Origin): WrongKind["is"] | undefined {
  if (!isPointer(origin)) return undefined;
  if (origin.kind === "noncoherent" || origin.kind === "noncontiguous") return "non-coherent";
  if (origin.kind === "linear") return "ordinary";
  return origin.kind === "vmalloc" ? "vmalloc" : undefined;
}

export interface CoherentAsVmalloc {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly subject: Expression;
  readonly origin: Origin;
}

/**
 * Coherent memory that remap_vmalloc_range() is given. It takes what was remapped for DMA (VM_DMA_COHERENT, mm/vmalloc.c:4560) and maps it
 * with the VMA's own protection, cached; where coherent memory is not remapped it fails.
 */
export function coherentAsVmalloc(facts: Facts): readonly CoherentAsVmalloc[] {
  return facts.callsTo("remap_vmalloc_range").flatMap(({ function: owner, statement }) => {
    const subject = statement.arguments[1];
    if (!subject || !facts.apiOf(owner, statement)) return [];
    const value = facts.valueOf({ function: owner, statement: statement.id }, subject);
    const verdicts = forbiddenOrigins(value, (origin) => isCoherentMemory(origin) && isPointer(origin));
    return verdicts.map(({ origin }) => ({ function: owner, statement, subject, origin }));
  });
}

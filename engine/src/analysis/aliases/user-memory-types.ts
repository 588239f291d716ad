/**
 * User mappings of RAM whose memory type differs from that of the kernel's mapping of the same pages: uncached or write-combined
 * for the application, cached in the linear map (Documentation/arch/x86/pat.rst, kernel/dma/mapping.c:500-514, linux 6.12.117).
 */
import type { Expression } from "../../program/program.ts";
import { powerpcIo } from "../../kernel/powerpc-io.ts";
import { isOrdinaryPage, retypes } from "./alias-protections.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { protectionOfVma, type UserMapping, userMappings } from "./user-mapping.ts";

export interface MistypedMapping {
  readonly mapping: UserMapping;
  /** The pages' birth. */
  readonly origin: Origin;
  /** The call that made the protection; undefined where the framebuffer's core makes it. */
  readonly protection: Origin | undefined;
}

/** Mappings by hand of pages that the linear map keeps cached, and framebuffers that fb_io_mmap() maps write-combined. */
export function mistypedMappings(facts: Facts): readonly MistypedMapping[] {
  const found: MistypedMapping[] = [];
  for (const mapping of userMappings(facts)) {
    const { exporter } = mapping;
    if (exporter === "UIO") continue;
    const protection = exporter ? undefined : uncachedFor(mapping.protection.origins);
    if (!exporter && !protection) continue;
    if (exporter && keepsRamCached(facts, mapping.function.file)) continue;
    const verdicts = forbiddenOrigins(mapping.value, (one) => one.birth !== undefined && isLinearFrame(one, mapping));
    if (verdicts.length === 0 || retypes(facts)) continue;
    for (const { origin } of verdicts) found.push({ mapping, origin, protection });
  }
  return found;
}

/** A protection that is uncached on every way to the call. */
function uncachedFor(origins: readonly Origin[]): Origin | undefined {
  return origins.every(({ kind }) => /^pgprot-(uncached|wc|device)$/.test(kind)) ? origins[0] : undefined;
}

/** A frame number, page or physical address of memory in the linear map. */
function isLinearFrame(origin: Origin, { unit }: UserMapping): boolean {
  if (unit === "page") return isOrdinaryPage(origin);
  const frame = new Set(["page", "pfn", "phys", "shift", "offset", "arithmetic"]);
  if (origin.kind !== "linear" && origin.api?.handle !== "page") return false;
  return (
    origin.conversions.some((one) => one === "pfn" || one === "phys") &&
    origin.conversions.every((one) => frame.has(one))
  );
}

/**
 * On PowerPC pgprot_framebuffer() leaves RAM cached (arch/powerpc/mm/mem.c, phys_mem_access_prot(), 6.12.117): a driver that reaches
 * its registers by PowerPC's own accessors runs nowhere else.
 */
function keepsRamCached(facts: Facts, file: string): boolean {
  return powerpcIo.some((api) => facts.callsTo(api.name).some((site) => site.function.file === file));
}

export interface OverruledMapping {
  readonly call: ApiCall;
  readonly vma: Expression;
  /** The call that made the protection. */
  readonly protection: Origin;
}

const mappers = new Set(["dma_mmap_coherent", "dma_mmap_attrs", "dma_mmap_wc", "dma_mmap_writecombine"]);

/** Calls of dma_mmap_coherent() and kin after the VMA's protection was made uncached: on a coherent device that protection stays. */
export function overruledMappings(facts: Facts): readonly OverruledMapping[] {
  const found: OverruledMapping[] = [];
  for (const call of facts.callsWith("map-user")) {
    const vma = mappers.has(call.name) ? call.argument("vma") : undefined;
    if (!vma) continue;
    const value = protectionOfVma(facts, call.function, call.statement.id, vma);
    const protection = uncachedFor(value.contexts.flatMap((context) => context.origins));
    if (protection?.birth && !retypes(facts)) found.push({ call, vma, protection });
  }
  return found;
}

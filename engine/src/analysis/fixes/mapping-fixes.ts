/** Fixes for a user mapping of coherent memory: the right call, or the protection where a mapping by pfn has to stay. */
import type { Statement } from "../../program/program.ts";
import type { TextEdit } from "../../text/edit.ts";
import { allocationTerms } from "./allocation-terms.ts";
import { isCoherentMemory, isDmaHandle, isLinearConversion } from "../coherent/coherent-uses.ts";
import type { Facts, Origin } from "../facts.ts";
import { makerOf } from "../flow/finding-path.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { callText, dropUnused, importEdits, insertLineBefore, removeLines } from "./source-edits.ts";
import type { UserMapping } from "../aliases/user-mapping.ts";

export interface MappingFix {
  readonly id: "dma-mmap-coherent" | "noncached" | "writecombine";
  readonly title?: string;
  readonly edits: readonly TextEdit[];
}

/** The fixes that can be made whole for this mapping, the preferred one first. */
export function mappingFixes(facts: Facts, mapping: UserMapping, origin: Origin): readonly MappingFix[] {
  if (mapping.exporter !== undefined || mapping.statement.kind !== "call" || !mapping.vma) return [];
  const right = soundMmap(facts, mapping, origin) ?? dmaMmap(facts, mapping, origin);
  return [...(right ? [right] : []), ...protections(facts, mapping, origin)];
}

/** ALSA maps its own buffers by their type (sound/core/pcm_native.c:3889, linux 6.12.117). */
function soundMmap(facts: Facts, mapping: UserMapping, origin: Origin): MappingFix | undefined {
  if (!origin.birth || !/^(devm_)?snd_/.test(makerOf(origin))) return undefined;
  const substream = parameterOf(mapping, "snd_pcm_substream");
  if (substream === undefined || !mapping.vma) return undefined;
  const edits = rewrite(facts, mapping, "snd_pcm_lib_default_mmap", [
    substream,
    facts.textOf(mapping.function, mapping.vma),
  ]);
  return (
    edits && {
      id: "dma-mmap-coherent",
      title: "Use snd_pcm_lib_default_mmap(), which calls dma_mmap_coherent()",
      edits,
    }
  );
}

function parameterOf(mapping: UserMapping, record: string): string | undefined {
  const { function: owner } = mapping;
  return owner.parameters
    .map((id) => owner.variables[id])
    .find((one) => one?.type.kind === "pointer" && one.type.target.kind === "record" && one.type.target.name === record)
    ?.name;
}

function dmaMmap(facts: Facts, mapping: UserMapping, origin: Origin): MappingFix | undefined {
  const { function: owner, statement, subject, vma } = mapping;
  const name = mapperFor(origin);
  const terms = name && allocationTerms(facts, owner, statement.id, subject, origin);
  if (!terms || !vma) return undefined;
  const values = [terms.device, facts.textOf(owner, vma), terms.cpu, terms.handle, terms.size];
  const edits = rewrite(facts, mapping, name, values);
  return edits && { id: "dma-mmap-coherent", ...(name !== "dma_mmap_coherent" && { title: `Use ${name}()` }), edits };
}

/** Each allocator has its mapper; the attributes of others would have to be repeated by hand. */
function mapperFor(origin: Origin): string | undefined {
  if (origin.api?.name === "dma_alloc_coherent" || origin.api?.name === "dmam_alloc_coherent")
    return "dma_mmap_coherent";
  return origin.api?.name === "dma_alloc_wc" ? "dma_mmap_wc" : undefined;
}

/** The call replaced, the protection that it sets itself dropped, and no variable left without use. */
function rewrite(
  facts: Facts,
  mapping: UserMapping,
  name: string,
  values: readonly string[],
): readonly TextEdit[] | undefined {
  const { unit } = facts;
  const { statement, function: owner } = mapping;
  const call: TextEdit = {
    file: statement.file,
    start: statement.start,
    end: statement.end,
    newText: callText(unit, statement, name, values),
  };
  const edits = [call];
  for (const store of protectionStores(mapping)) {
    const line = removeLines(unit, store);
    if (!line) return undefined;
    edits.push(line);
  }
  if (owner.language === "typescript") {
    const imports = importEdits(unit, owner.file, name, edits);
    return imports && [...edits, ...imports];
  }
  const unused = dropUnused(unit, owner, edits);
  return unused && [...edits, ...unused];
}

/** Assignments to vm_page_prot in the mapping's own function. */
function protectionStores(mapping: UserMapping): readonly Statement[] {
  return flowOf(mapping.function).order.flatMap((id) =>
    (mapping.function.blocks[id]?.statements ?? []).filter((one) => {
      const target = one.kind === "assign" ? one.target : one.kind === "call" ? one.result : undefined;
      return target !== undefined && fieldKey(target.steps) === "vm_area_struct.vm_page_prot";
    }),
  );
}

/**
 * Where setting the protection makes the mapping right: not on the machines that need no protection (a coherent device, whose
 * memory the kernel maps cached too), and not where the frame is another one. Each machine is held to it by a test that runs
 * the mended driver there.
 */
function placesOf(origin: Origin): Readonly<Record<"noncached" | "writecombine", string>> {
  if (!isCoherentMemory(origin) && !isDmaHandle(origin)) {
    const where = "right for device registers";
    return { noncached: where, writecombine: where };
  }
  const isWalked = origin.conversions.includes("vmalloc-page");
  if (!isDmaHandle(origin) && !isWalked && origin.conversions.some(isLinearConversion)) {
    const where = "right on MIPS without coherent DMA; elsewhere the frame stays wrong";
    return { noncached: where, writecombine: where };
  }
  const without = isDmaHandle(origin) ? "without coherent DMA or an IOMMU" : "without coherent DMA";
  // The page tables that vmalloc_to_page() walks do not hold the uncached segment.
  const mips = isWalked ? "" : "MIPS, ";
  return {
    noncached: `right on ARM, ${mips}PowerPC, SuperH and PA-RISC ${without}; device memory on arm64 and RISC-V`,
    writecombine: `right on arm64, ARM, ${mips}PowerPC, RISC-V, SuperH and PA-RISC ${without}`,
  };
}

function protections(facts: Facts, mapping: UserMapping, origin: Origin): readonly MappingFix[] {
  const { vma, function: owner, statement } = mapping;
  if (mapping.protection.kind !== "cached" || !vma || !takesVmaProtection(mapping)) return [];
  // A fault handler must not change its VMA: the protection belongs into .mmap, which has the VMA as a parameter.
  const own = peel(vma);
  if (own.kind !== "read" || own.place.steps.length > 0) return [];
  const arrow = owner.language === "c" ? "->" : ".";
  const place = `${facts.textOf(owner, vma)}${arrow}vm_page_prot`;
  const made = (id: "noncached" | "writecombine", call: string, where: string): readonly MappingFix[] => {
    const line = insertLineBefore(facts.unit, statement, `${place} = ${call}(${place});`);
    const imports = line && owner.language === "typescript" ? importEdits(facts.unit, owner.file, call, []) : [];
    return line && imports ? [{ id, title: `Set ${place} = ${call}(...): ${where}`, edits: [line, ...imports] }] : [];
  };
  const where = placesOf(origin);
  return [
    ...made("noncached", "pgprot_noncached", where.noncached),
    ...made("writecombine", "pgprot_writecombine", where.writecombine),
  ];
}

/** Whether the call takes its protection from the VMA, so that setting it there has an effect. */
function takesVmaProtection(mapping: UserMapping): boolean {
  const { statement } = mapping;
  if (statement.kind !== "call") return false;
  if (mapping.protection.origins.length === 0) return false;
  const prot = statement.arguments[mapping.name.startsWith("vmf_insert_pfn_prot") ? 3 : 4];
  if (prot === undefined) return true;
  const one = peel(prot);
  return one.kind === "read" && fieldKey(one.place.steps) === "vm_area_struct.vm_page_prot";
}

/**
 * Looks for user mappings with the default, cached protection of the right frame of coherent memory, or of device registers.
 * Reads .mmap and .fault of one driver together, and stays silent where the protection may be set out of sight.
 */
import { coherentMappings } from "../../analysis/coherent/coherent-uses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, placeRead, subjectAt } from "../../analysis/flow/finding-path.ts";
import { forbiddenOrigins } from "../../analysis/values/judgement.ts";
import { mappingFixes } from "../../analysis/fixes/mapping-fixes.ts";
import { registerField } from "../../analysis/device/register-addresses.ts";
import { type UserMapping, userMappings } from "../../analysis/aliases/user-mapping.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-cached-pgprot",
    group: "user-mapping",
    severity: "error",
    stage: "stable",
    summary: "A user mapping of coherent memory or of device registers must not keep the default, cached protection.",
    why: "The application's loads are served from its cache line, which the device does not update; its stores stay in the cache, where the device does not look. Registers read once seem never to change.",
    remedy:
      "Map coherent memory with dma_mmap_coherent(); for registers set vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot) before the call.",
    basis: [
      "kernel/dma/mapping.c:500-514 (6.12.117): dma_pgprot() leaves the protection alone on coherent devices only",
      "include/linux/dma-map-ops.h:332-338 (6.12.117): pgprot_dmacoherent() is uncached by default",
      'Benjamin Herrenschmidt, alsa-devel, 7 May 2008: the pgprot "-must- be set to uncached" without coherent DMA',
      "vhost-vdpa, commit 5145b277309f: the doorbell was mapped cached until its protection was set",
    ],
    when: "Every machine without coherent DMA; for registers every machine whose memory types do not overrule the mapping.",
    proof: "user-mapping",
    fixes: [
      { id: "dma-mmap-coherent", title: "Use dma_mmap_coherent()", safety: "safe" },
      { id: "noncached", title: "Set vma->vm_page_prot = pgprot_noncached(...)", safety: "review" },
      { id: "writecombine", title: "Set vma->vm_page_prot = pgprot_writecombine(...)", safety: "review" },
    ],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { origin, mapping } of coherentMappings(facts).cached) {
    const { function: owner, statement } = mapping;
    const name = subjectAt(facts, owner, statement.id, mapping.subject, origin);
    yield {
      ...mapping.span,
      message: `${mapping.name} maps ${name}, coherent memory (${makerOf(origin)}), with the cached default protection.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, mapping.span, "mapped cached into user space here"),
      subjects: [name],
      fixes: mappingFixes(facts, mapping, origin),
    };
  }
  for (const mapping of userMappings(facts)) {
    if (mapping.protection.kind !== "cached" || mapping.unit !== "pfn") continue;
    const field = registerField(facts, mapping);
    if (field !== undefined) yield ofField(facts, mapping, field);
    const registers = forbiddenOrigins(mapping.value, (origin) => origin.api?.name === "pci_resource_start");
    for (const { origin } of registers) {
      const { function: owner, statement } = mapping;
      const name = subjectAt(facts, owner, statement.id, mapping.subject, origin);
      yield {
        ...mapping.span,
        message: `${mapping.name} maps ${name}, device memory (${makerOf(origin)}), with the cached default protection.`,
        function: owner.name,
        path: pathTo(origin, owner, statement.id, mapping.span, "mapped cached into user space here"),
        subjects: [name],
        severity: "warning",
        fixes: mappingFixes(facts, mapping, origin).filter((fix) => fix.id === "noncached"),
      };
    }
  }
}

/** Registers whose address a kernel struct holds; who filled it in is another driver. */
function ofField(facts: Facts, mapping: UserMapping, field: string): RuleFinding {
  const { function: owner, statement, span } = mapping;
  const place = placeRead(facts, owner, statement.id, mapping.subject);
  const name = place ? facts.textOfPlace(owner, place) : field;
  return {
    ...span,
    message: `${mapping.name} maps ${name}, device memory (${field}), with the cached default protection.`,
    function: owner.name,
    path: [
      {
        ...span,
        function: owner.name,
        statement: statement.id,
        role: "sink",
        note: "mapped cached into user space here",
      },
    ],
    subjects: [name],
    severity: "warning",
    fixes: [],
  };
}

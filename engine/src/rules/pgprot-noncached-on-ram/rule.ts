/**
 * Looks for RAM that a driver maps into user space by hand with pgprot_noncached(), which is a type for registers. Silent where the
 * driver makes the linear map uncached as well.
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { mistypedMappings } from "../../analysis/aliases/user-memory-types.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/pgprot-noncached-on-ram",
    group: "user-mapping",
    severity: "warning",
    stage: "preview",
    summary: "pgprot_noncached() is a memory type for registers, not for RAM.",
    why: "On arm64 it is Device-nGnRnE: an unaligned access, or the DC ZVA of an ordinary memset(), faults in the application. On every machine the linear map keeps the same pages cached, and the two do not see each other's stores.",
    remedy:
      "Allocate with dma_alloc_coherent() and map with dma_mmap_coherent(). Pages that no device shares stay cached: leave vma->vm_page_prot alone.",
    basis: [
      "arch/arm64/include/asm/pgtable.h:674-696 (6.12.117): pgprot_noncached() is Device-nGnRnE, pgprot_dmacoherent() Normal-NC",
      "arch/riscv/include/asm/pgtable.h:632-654 (6.12.117)",
      "Documentation/arch/x86/pat.rst, Advanced APIs for drivers (6.12.117)",
    ],
    when: "arm64, riscv and PowerPC for the type; every machine for the two types of one page.",
    proof: "user-alias",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, origin, protection } of mistypedMappings(facts)) {
    if (protection?.kind !== "pgprot-uncached") continue;
    const { function: owner, statement } = mapping;
    const name = subjectAt(facts, owner, statement.id, mapping.subject, origin);
    yield {
      ...mapping.span,
      message: `${mapping.name} maps ${name}, RAM (${makerOf(origin)}), with ${makerOf(protection)}: a type for registers, while the linear map keeps these pages cached.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, mapping.span, "mapped with the type of registers here"),
      subjects: [name],
      fixes: [],
    };
  }
}

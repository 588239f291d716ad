/** Looks for memory that is freed or mapped with other DMA attributes than it was allocated with. Silent where attributes are computed. */
import { attributesMismatches } from "../../analysis/coherent/dma-attributes.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/attrs-mismatch",
    group: "coherent",
    severity: "error",
    stage: "stable",
    summary: "Memory must be freed and mapped with the DMA attributes that it was allocated with.",
    why: "The attributes say what the pointer is and where the memory came from. Without DMA_ATTR_NO_KERNEL_MAPPING the free takes a cookie for an address; without DMA_ATTR_WRITE_COMBINE a user mapping has another memory type than the kernel's.",
    remedy: "Pair dma_alloc_wc() with dma_free_wc() and dma_mmap_wc(), and repeat the attributes of dma_alloc_attrs().",
    basis: [
      "Documentation/core-api/dma-attributes.rst:31-40 (6.12.117)",
      "include/linux/dma-mapping.h:608-633 (6.12.117): dma_alloc_wc(), dma_free_wc() and dma_mmap_wc() add DMA_ATTR_WRITE_COMBINE",
      "kernel/dma/mapping.c:536-543 (6.12.117): the attributes choose the protection of a mapping",
    ],
    when: "A wrong memory type on ARM and MIPS; a crash with DMA_ATTR_NO_KERNEL_MAPPING where the memory is remapped.",
    fixes: [{ id: "pair", title: "Use the call of the same family", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, origin, memory, allocated, given } of attributesMismatches(facts)) {
    const { function: owner, statement, name } = call;
    const subject = subjectAt(facts, owner, statement.id, memory, origin);
    const verb = call.api.effect === "free" ? "frees" : "maps";
    yield {
      ...statement.calleeSpan,
      message: `${name}() ${verb} ${subject} with ${given}, but ${makerOf(origin)} allocated it with ${allocated}.`,
      function: owner.name,
      path: pathTo(
        origin,
        owner,
        statement.id,
        statement.calleeSpan,
        call.api.effect === "free" ? "freed here" : "mapped here",
      ),
      subjects: [subject],
      fixes: pairing(
        name,
        origin.api?.name,
        statement.calleeSpan,
        statement.macro === undefined && owner.language === "c",
      ),
    };
  }
}

/** The partners have the same parameters, so the name alone changes. */
function pairing(
  name: string,
  maker: string | undefined,
  { file, start, end }: { readonly file: string; readonly start: number; readonly end: number },
  isWritten: boolean,
): readonly RuleFix[] {
  const [, verb, family] = /^dma_(free|mmap)_(coherent|wc)$/.exec(name) ?? [];
  const [, wanted] = /^dma_alloc_(coherent|wc)$/.exec(maker ?? "") ?? [];
  if (!isWritten || verb === undefined || wanted === undefined || wanted === family) return [];
  const partner = `dma_${verb}_${wanted}`;
  return [{ id: "pair", title: `Use ${partner}()`, edits: [{ file, start, end, newText: partner }] }];
}

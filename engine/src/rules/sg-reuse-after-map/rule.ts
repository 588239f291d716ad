/**
 * Looks for `sg->length` beside sg_dma_address() of the same entry. Silent where the function asks for sg_dma_len() too, where the
 * list is mapped one entry at a time, and where the length is only compared, printed, or used on the CPU's side.
 */
import type { Facts } from "../../analysis/facts.ts";
import { lengthsBesideAddresses } from "../../analysis/streaming/mapped-entries.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sg-reuse-after-map",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary: "The length that belongs to sg_dma_address() is sg_dma_len(): sg->length is the CPU's side of the entry.",
    why: "An IOMMU joins entries that follow each other: the first one's DMA length then covers them all, while its length field still holds the first piece. The device moves only that piece, and the addresses after it belong to other pieces.",
    remedy: "Take sg_dma_len() wherever sg_dma_address() is taken.",
    basis: [
      "Documentation/core-api/dma-api.rst:384-412 (6.12.117): the driver must use sg_dma_address() and sg_dma_len()",
      "include/linux/scatterlist.h:24-36 (6.12.117)",
      "drivers/iommu/dma-iommu.c (6.12.117): __finalise_sg() joins entries",
    ],
    when: "Where entries are joined: behind an IOMMU.",
    fixes: [{ id: "dma-len", title: "Take the DMA length", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { address, statement, read } of lengthsBesideAddresses(facts)) {
    const { function: owner } = address;
    const pointer = address.statement.arguments[0];
    if (!pointer) continue;
    const entry = facts.textOf(owner, pointer);
    const length = facts.textOfPlace(owner, read.place);
    const { file, start, end } = read;
    yield {
      file,
      start,
      end,
      message: `${length} is the CPU's side of the entry: the length that belongs to sg_dma_address(${entry}) is sg_dma_len(${entry}).`,
      function: owner.name,
      path: [
        {
          ...address.statement.calleeSpan,
          function: owner.name,
          statement: address.statement.id,
          role: "pass",
          note: "DMA address taken here",
        },
        {
          file,
          start,
          end,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "CPU's length taken here",
        },
      ],
      subjects: [length],
      fixes: [
        {
          id: "dma-len",
          title: `Take sg_dma_len(${entry})`,
          edits: [{ file, start, end, newText: `sg_dma_len(${entry})` }],
        },
      ],
    };
  }
}

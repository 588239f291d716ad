/**
 * Looks for sg_phys() and page_to_phys(sg_page()) of an entry that go to a device: to a register, a descriptor, a DMA address, or, where
 * the list is mapped, to a function of another driver. Silent where a flag chooses between this and the DMA address, where the address is
 * only printed or compared, and where an IOMMU or firmware gets it.
 */
import { physicalEntries } from "../../analysis/streaming/physical-entries.ts";
import type { Facts } from "../../analysis/facts.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sg-phys-or-page-for-hw",
    group: "streaming",
    severity: "error",
    stage: "preview",
    summary: "The device's address of a scatterlist entry is sg_dma_address(), never its physical address.",
    why: "Behind an IOMMU, with a DMA offset or with bounce buffers the physical address is not what the device sees: it reads and writes elsewhere, or faults. And entries may have been joined, so that even their number differs.",
    remedy: "Map the list, and take sg_dma_address() and sg_dma_len() of as many entries as the mapping returned.",
    basis: [
      "include/linux/scatterlist.h:24-36 (6.12.117): sg_dma_address() and sg_dma_len() are what is given to the device",
      "include/linux/scatterlist.h:377-390 (6.12.117): sg_phys() is the CPU's side of the entry",
      "Documentation/core-api/dma-api.rst:384-412 (6.12.117)",
    ],
    when: "Behind an IOMMU, with a DMA offset (dma-ranges), and where the mask needs bounce buffers.",
    proof: "physical-address",
    subsumes: ["dma/phys-as-handle"],
    fixes: [{ id: "dma-address", title: "Take the DMA address", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, statement, span, sink, taken, entry, text, map } of physicalEntries(facts)) {
    const { file, start, end } = span;
    const spelled = facts.unit.files.get(taken.statement.file)?.text.slice(taken.statement.start, taken.statement.end);
    yield {
      file,
      start,
      end,
      message: `${text} goes to ${sink}: a device needs sg_dma_address(${entry})${map ? `, which ${map.name}() sets` : " of the mapped list"}.`,
      function: owner.name,
      path: [
        ...(map
          ? [
              {
                ...map.statement.calleeSpan,
                function: map.function.name,
                statement: map.statement.id,
                role: "map" as const,
                note: `mapped by ${map.name}() here`,
              },
            ]
          : []),
        {
          ...taken.statement.calleeSpan,
          function: taken.function.name,
          statement: taken.statement.id,
          role: "pass",
          note: "physical address taken here",
        },
        {
          file,
          start,
          end,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "given to the device here",
        },
      ],
      subjects: [entry, sink],
      // Without the mapping there is no DMA address yet.
      fixes:
        map && spelled?.startsWith("sg_phys(")
          ? [
              {
                id: "dma-address",
                title: `Take sg_dma_address(${entry})`,
                edits: [
                  {
                    file: taken.statement.file,
                    start: taken.statement.calleeSpan.start,
                    end: taken.statement.calleeSpan.end,
                    newText: "sg_dma_address",
                  },
                ],
              },
            ]
          : [],
    };
  }
}

/**
 * Looks for handles of dma_map_single(), dma_map_page() and kin that are tested, but not by dma_mapping_error(): with 0, NULL, `< 0`,
 * IS_ERR(). Silent where dma_mapping_error() is asked as well, by whom ever, and where 0 is what a helper gives for a failed map.
 */
import type { Facts } from "../../analysis/facts.ts";
import { handleMaker, handleName } from "../../analysis/ownership/handle-words.ts";
import type { Mapping } from "../../analysis/ownership/ownership.ts";
import { untestedHandles, type WrongTest } from "../../analysis/ownership/ownership-checks.ts";
import type { Rule, RuleFinding } from "../rule.ts";
import { fixesOf } from "./fixes.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-error-wrong-test",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "Whether a streaming map has failed is what dma_mapping_error() says, and nothing else.",
    why: "A failed map gives DMA_MAPPING_ERROR, all bits set: it is not 0, it is not below 0 as an unsigned number, and it is no pointer. The driver goes on with it, and the device reads or writes at the very top of its address space. Where memory begins at bus address 0, the test drops a good mapping instead.",
    remedy: "if (dma_mapping_error(dev, handle)), right after the call.",
    basis: [
      "include/linux/dma-mapping.h:63-72, 92-99 (6.12.117): DMA_MAPPING_ERROR is ~0, dma_mapping_error() gives -ENOMEM",
      "Documentation/core-api/dma-api-howto.rst:733-751 (6.12.117): the generic test works on all implementations",
      "Documentation/core-api/dma-api.rst:362-371 (6.12.117): the driver should check with dma_mapping_error()",
      "kernel/dma/debug.c:1036-1048 (6.12.117): dma-debug reports the unmap of a handle that dma_mapping_error() never saw",
    ],
    when: "Wherever a map can fail: behind an IOMMU, with bounce buffers (swiotlb), with a DMA mask that does not reach all memory.",
    proof: "mapping-error",
    fixes: [{ id: "test-right", title: "Test with dma_mapping_error()", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, test } of untestedHandles(facts)) {
    if (!test) continue;
    const { owner, call, made } = mapping;
    const name = handleName(facts, mapping);
    const { file, start, end } = test;
    yield {
      file,
      start,
      end,
      message: wordsOf(name, mapping, test),
      // The comparison is right today; what is lost is dma-debug's sight of it.
      severity: test.kind === "by-hand" ? "hint" : "error",
      function: owner.name,
      path: [
        {
          ...made.call.calleeSpan,
          function: made.owner.name,
          statement: made.call.id,
          role: "map",
          note: "mapped here",
        },
        ...(call === made.call
          ? []
          : [
              {
                ...call.calleeSpan,
                function: owner.name,
                statement: call.id,
                role: "pass" as const,
                note: `${name} given back here`,
              },
            ]),
        { file, start, end, function: owner.name, statement: -1, role: "sink", note: "tested here" },
      ],
      subjects: [name],
      fixes: fixesOf(facts, mapping, test),
    };
  }
}

function wordsOf(name: string, mapping: Mapping, test: WrongTest): string {
  const handle = `${name} from ${handleMaker(mapping)}`;
  switch (test.kind) {
    case "zero":
      return `${handle} is compared with 0, which is a valid handle: a failed map gives DMA_MAPPING_ERROR and passes.`;
    case "negative":
      return `${handle} is unsigned and never below 0: a failed map gives DMA_MAPPING_ERROR and passes.`;
    case "error-pointer":
      return `${handle} is no pointer: ${test.by}() is not its test, dma_mapping_error() is.`;
    case "by-hand":
      return `${handle} is compared with DMA_MAPPING_ERROR by hand: dma-debug sees dma_mapping_error() only, and reports the unmap of an untested handle.`;
    case "error-lost":
      return `${test.by.name}() gives 0 where ${mapping.made.api.name}() failed, and dma_mapping_error() takes ${name} of 0 for a good handle.`;
  }
}

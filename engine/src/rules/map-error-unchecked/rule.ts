/**
 * Looks for handles of dma_map_single(), dma_map_page() and kin that are used without a dma_mapping_error() test anywhere: not in
 * the function that maps, not in a helper that gets the handle, not in the callers that it is given back to.
 */
import type { Facts } from "../../analysis/facts.ts";
import { handleMaker, handleName, madeSteps } from "../../analysis/ownership/handle-words.ts";
import { untestedHandles } from "../../analysis/ownership/ownership-checks.ts";
import type { Rule, RuleFinding } from "../rule.ts";
import { fixesOf } from "./fixes.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-error-unchecked",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary:
      "The handle that a streaming map call returns must be tested with dma_mapping_error() before anybody uses it.",
    why: "A map can fail: the bounce buffers or the IOMMU's addresses are used up, or the buffer is out of the device's reach. The handle then is DMA_MAPPING_ERROR, all bits set, and the device reads or writes at the very top of its address space.",
    remedy:
      "Test the handle with dma_mapping_error() right after the call and take the function's error exit. 0 is a valid handle.",
    basis: [
      "Documentation/core-api/dma-api.rst:362-371 (6.12.117): the driver should check with dma_mapping_error()",
      "Documentation/core-api/dma-api-howto.rst:542-547, 733-751 (6.12.117): handles must not be used without the test",
      "include/linux/dma-mapping.h:63-72, 92-99 (6.12.117): DMA_MAPPING_ERROR is ~0, dma_mapping_error() gives -ENOMEM",
      "kernel/dma/debug.c:1036-1048 (6.12.117): dma-debug reports an unmap of a handle that was never tested",
    ],
    when: "Wherever a map can fail: behind an IOMMU, with bounce buffers (swiotlb), with a DMA mask that does not reach all memory.",
    proof: "mapping-error",
    fixes: [
      { id: "check", title: "Test the handle and return an error", safety: "safe" },
      { id: "check-unwind", title: "Test the handle and take the error exit", safety: "review" },
    ],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, test } of untestedHandles(facts)) {
    // A wrong test is dma/map-error-wrong-test's.
    if (test) continue;
    const { owner, call } = mapping;
    const name = handleName(facts, mapping);
    yield {
      ...call.calleeSpan,
      message: `${name} from ${handleMaker(mapping)} is never tested with dma_mapping_error().`,
      function: owner.name,
      path: [
        ...madeSteps(mapping),
        { ...call.calleeSpan, function: owner.name, statement: call.id, role: "sink", note: "used untested" },
      ],
      subjects: [name],
      fixes: fixesOf(facts, mapping),
    };
  }
}

/**
 * Looks for handles of dma_map_single(), dma_map_page() and kin that are used without a dma_mapping_error() test anywhere: not in
 * the function that maps, not in a helper that gets the handle, not in the callers that it is given back to.
 */
import type { Facts } from "../../analysis/facts.ts";
import { type UntestedHandle, untestedHandles } from "../../analysis/ownership/ownership-checks.ts";
import type { PathStep } from "../../program/program.ts";
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
      { id: "test-right", title: "Test with dma_mapping_error()", safety: "safe" },
    ],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const untested of untestedHandles(facts)) {
    const { owner, call, made } = untested.mapping;
    const name = nameOf(facts, untested);
    const mapper = made.api.name;
    const maker = call === made.call ? `${mapper}()` : `${calleeOf(untested)}() by ${mapper}()`;
    const message = untested.losesError
      ? `${untested.losesError.name}() gives 0 where ${mapper}() failed, and dma_mapping_error() takes ${name} of 0 for a good handle.`
      : untested.zeroTest
        ? `${name} from ${maker} is compared with 0, which is a valid handle: a failed map gives DMA_MAPPING_ERROR and passes.`
        : `${name} from ${maker} is never tested with dma_mapping_error().`;
    yield {
      ...call.calleeSpan,
      message,
      function: owner.name,
      path: pathOf(untested),
      subjects: [name],
      fixes: fixesOf(facts, untested),
    };
  }
}

/** How the source calls the handle: the place that it is first kept in. */
function nameOf(facts: Facts, { mapping }: UntestedHandle): string {
  const { owner, call, track } = mapping;
  const kept = [call.result, ...track.stores.map((store) => store.place)].find(
    (place) =>
      place !== undefined && !(place.root.kind === "variable" && owner.variables[place.root.id]?.kind === "temporary"),
  );
  return kept ? facts.textOfPlace(owner, kept) : "the handle";
}

function calleeOf({ mapping }: UntestedHandle): string {
  const { callee } = mapping.call;
  return callee.kind === "direct" ? callee.name : "the helper";
}

function pathOf({ mapping }: UntestedHandle): readonly PathStep[] {
  const { owner, call, made } = mapping;
  const sink: PathStep = {
    ...call.calleeSpan,
    function: owner.name,
    statement: call.id,
    role: "sink",
    note: "used untested",
  };
  if (call === made.call) return [sink];
  const map: PathStep = {
    ...made.call.calleeSpan,
    function: made.owner.name,
    statement: made.call.id,
    role: "map",
    note: "mapped here",
  };
  return [map, sink];
}

/** Looks for a DMA address that linear-map arithmetic turns into a CPU pointer or a page. */
import { type HandleAsAddress, handlesAsAddresses } from "../../analysis/coherent/device-addresses.ts";
import type { ApiCall, Facts, Origin } from "../../analysis/facts.ts";
import { allocatedPointer } from "../../analysis/fixes/allocation-terms.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import type { Expression } from "../../program/program.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/handle-as-cpu-pointer",
    group: "addresses",
    severity: "error",
    stage: "stable",
    summary: "A DMA address is not a CPU address and must not be turned into one.",
    why: "Behind an IOMMU the DMA address is an I/O virtual address: phys_to_virt() of it points to somebody else's memory. Where coherent memory is remapped it points to the cached alias, and the CPU reads stale descriptors.",
    remedy: "Keep the CPU pointer beside the DMA address, and use that.",
    basis: [
      "Documentation/core-api/dma-api.rst:22-25 (6.12.117): a dma_addr_t is what the device sees",
      "Documentation/core-api/dma-api-howto.rst:37-48, 75-88 (6.12.117)",
    ],
    when: "Behind an IOMMU, with a DMA offset (dma-ranges), with bounce buffers and encrypted memory; for coherent memory on every non-coherent machine too.",
    proof: "linear-alias",
    fixes: [{ id: "use-pointer", title: "Use the pointer that the allocator returned", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, subject, verdict, usedBy } of handlesAsAddresses(facts)) {
    const { function: owner, statement } = call;
    const { calleeSpan } = statement;
    const name = facts.textOf(owner, subject);
    const used = usedBy ? `what ${usedBy.name}() takes for a DMA address` : "a dma_addr_t";
    const from = verdict ? `the DMA address that ${makerOf(verdict.origin)} made` : used;
    yield {
      ...calleeSpan,
      message: `${call.name}() takes ${name} for a physical address: it is ${from}.`,
      function: owner.name,
      path: verdict
        ? pathTo(verdict.origin, owner, statement.id, calleeSpan, "taken for a physical address here")
        : [
            {
              ...calleeSpan,
              function: owner.name,
              statement: statement.id,
              role: "sink",
              note: "taken for a physical address here",
            },
          ],
      subjects: [name],
      fixes: usePointer(facts, { call, subject, verdict }),
    };
  }
}

/** The allocation's own pointer, where the converted address is all of the value that is stored or returned. */
function usePointer(
  facts: Facts,
  { call, subject, verdict }: Pick<HandleAsAddress, "call" | "subject" | "verdict">,
): readonly RuleFix[] {
  const { function: owner, statement } = call;
  const { file, start, end } = statement;
  // A pointer of another type counts otherwise in a sum, and in a snippet it may be null.
  const text = facts.unit.files.get(file)?.text ?? "";
  const isAlone = /(=|\breturn)\s*(\([^()]*\*\s*\)\s*)?$/.test(text.slice(Math.max(0, start - 80), start));
  if (!verdict || owner.language !== "c" || !isAlone || !/^\s*;/.test(text.slice(end, end + 40))) return [];
  if (
    statement.macro !== undefined ||
    !/virt$|^__va$/.test(call.name) ||
    isAmongOthers(facts, call, subject, verdict.origin)
  )
    return [];
  const pointer = allocatedPointer(facts, owner, statement.id, subject, verdict.origin);
  if (pointer === undefined) return [];
  return [{ id: "use-pointer", title: `Use ${pointer}`, edits: [{ file, start, end, newText: pointer }] }];
}

/** Whether the address may come from another call as well, by another caller. */
function isAmongOthers(facts: Facts, call: ApiCall, subject: Expression, origin: Origin): boolean {
  const value = facts.valueOf({ function: call.function, statement: call.statement.id }, subject);
  return value.contexts.some(({ origins }) =>
    origins.some((one) => one.kind !== "null" && one.birth?.statement !== origin.birth?.statement),
  );
}

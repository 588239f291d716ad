/**
 * The fix of dma/coherent-virt-to-page where an address for the device is computed: the DMA address that the allocator returned.
 * Only where the result goes to the device and nowhere else, as the value of a register write or of a descriptor's word.
 */
import { allocationTerms } from "../../analysis/fixes/allocation-terms.ts";
import type { ApiCall, Facts, Origin } from "../../analysis/facts.ts";
import { flowOf } from "../../analysis/flow/flow.ts";
import { peel } from "../../analysis/values/local-evaluation.ts";
import type { RuleFix } from "../rule.ts";

const physical = /^(virt_to_phys|virt_to_bus|isa_virt_to_bus|__pa)$/;
/** Functions whose first argument is a number for the device. */
const forDevice = /^(write[lq](_relaxed)?|__raw_write[lq]|iowrite(32|64)(be)?|cpu_to_[lb]e(32|64))$/;

export function handleFix(facts: Facts, call: ApiCall, origin: Origin): readonly RuleFix[] {
  const { function: owner, statement } = call;
  const subject = statement.arguments[0];
  const { result } = statement;
  if (!subject || !result || result.steps.length > 0 || !physical.test(call.name)) return [];
  // A pointer into the middle is not where the handle points, and a helper's parameter is another caller's memory as well.
  if (origin.conversions.length > 0 || origin.path.some((step) => step.role === "pass")) return [];
  const variable = result.root.kind === "variable" ? owner.variables[result.root.id] : undefined;
  if (variable?.kind !== "temporary") return [];
  const isDeviceWord = flowOf(owner).order.some((id) =>
    (owner.blocks[id]?.statements ?? []).some((user) => {
      if (user.kind !== "call" || user.callee.kind !== "direct" || !forDevice.test(user.callee.name)) return false;
      const value = user.arguments[0] && peel(user.arguments[0]);
      return (
        value?.kind === "read" &&
        value.place.steps.length === 0 &&
        value.place.root.kind === "variable" &&
        value.place.root.id === variable.id
      );
    }),
  );
  const terms = isDeviceWord ? allocationTerms(facts, owner, statement.id, subject, origin) : undefined;
  if (!terms) return [];
  const edit = { file: statement.file, start: statement.start, end: statement.end, newText: terms.handle };
  return [{ id: "use-handle", title: `Use ${terms.handle}, the address that the allocator returned`, edits: [edit] }];
}

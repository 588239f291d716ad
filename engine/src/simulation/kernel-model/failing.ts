/** Calls that can fail: without a plan they succeed, and where a path leads through the failure they are made to fail. */
import type { Kernel } from "../kernel.ts";
import { computed, failureName, type Value } from "../value.ts";
import type { KernelCall } from "../world.ts";

/** Whether the path wants this very call to fail. */
export function isToFail(kernel: Kernel, call: KernelCall): boolean {
  return kernel.plan.inputs.get(failureOf(call)) === 1n;
}

/** A result of a call that could have failed: what is made of it can lead the run to the failure. */
export function orFailure(kernel: Kernel, call: KernelCall, value: bigint, failure: bigint): Value {
  const fails = kernel.evaluator.chosen(failureOf(call), 0n);
  return computed(fails.bits === 0n ? value : failure, [fails], ([bits = 0n]) => (bits === 0n ? value : failure));
}

function failureOf(call: KernelCall): string {
  return failureName(`${call.name}()`, call.function.name, call.statement.id);
}

/** What a function of the kernel is in the model. */
import type { Kernel } from "../kernel.ts";
import type { Value } from "../value.ts";
import { known, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";

/** Acts on the machine and gives the call's result. Returning undefined means that the call is not known after all. */
export type ModelFunction = (kernel: Kernel, call: KernelCall) => Value | undefined;
export type ModelTable = Readonly<Record<string, ModelFunction>>;

/** An argument; zero where the call has fewer. */
export function argument(call: KernelCall, index: number): Value {
  return call.values[index] ?? zeroValue;
}

export function bits(call: KernelCall, index: number): bigint {
  return call.values[index]?.bits ?? 0n;
}

/** A size in bytes as a number, kept in what the simulated memory can hold. */
export function size(call: KernelCall, index: number): number {
  return sizeOf(bits(call, index));
}

export function sizeOf(value: bigint): number {
  const largest = 1n << 22n;
  return Number(value < 0n ? 0n : value > largest ? largest : value);
}

/** Where the result goes, as the source has it: "buf->cpu". Empty when the result is not stored at once. */
export function resultName(kernel: Kernel, call: KernelCall): string {
  const place = call.statement.result;
  if (place === undefined) return "";
  if (place.root.kind === "variable") {
    const id = place.root.id;
    if (call.function.variables.find((variable) => variable.id === id)?.kind === "temporary") return "";
  }
  return kernel.narrator.code(place);
}

export const success: ModelFunction = () => zeroValue;
export const one: ModelFunction = () => known(1n);
/** Gives back its argument. */
export function same(index: number): ModelFunction {
  return (_kernel, call) => argument(call, index);
}

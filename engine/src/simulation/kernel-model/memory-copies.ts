/** Functions that read and write memory byte by byte: they go through the cache as the CPU's own loads and stores do. */
import { known, zeroValue } from "../value.ts";
import { argument, bits, type ModelFunction, type ModelTable, one, same, sizeOf, success } from "./model.ts";
import type { Kernel } from "../kernel.ts";
import type { KernelCall } from "../world.ts";

const longest = 1 << 16;

function length(kernel: Kernel, call: KernelCall, index: number): number {
  const wanted = argument(call, index);
  kernel.prefer(wanted, (value) => value > 0n, `${call.name}() handles 64 bytes`);
  return Math.min(longest, sizeOf(wanted.bits) || 64);
}

/** A pointer that points to nothing is given something to point to. */
function pointer(kernel: Kernel, call: KernelCall, index: number): bigint {
  const address = bits(call, index);
  if (address >= 4096n) return address;
  return kernel.evaluator.lazyObject(call.text(index), { kind: "void" }).base;
}

const copy =
  (to: number, from: number, count: number, result: "pointer" | "zero"): ModelFunction =>
  (kernel, call) => {
    const bytes = length(kernel, call, count);
    const target = pointer(kernel, call, to);
    const source = pointer(kernel, call, from);
    if (kernel.isShared(target, bytes) || kernel.isShared(source, bytes)) {
      kernel.narrator.driver(`${call.name}() copies ${call.text(from)} to ${call.text(to)}.`, true);
    }
    kernel.evaluator.copyBytes(target, source, bytes);
    return result === "pointer" ? known(target) : zeroValue;
  };

const fill: ModelFunction = (kernel, call) => {
  const bytes = length(kernel, call, 2);
  const target = pointer(kernel, call, 0);
  const byte = Number(bits(call, 1) & 0xffn);
  if (kernel.isShared(target, bytes)) kernel.narrator.driver(`${call.name}() fills ${call.text(0)}.`, true);
  kernel.evaluator.fillBytes(target, bytes, byte);
  return known(target);
};

const copyString: ModelFunction = (kernel, call) => {
  const target = pointer(kernel, call, 0);
  const source = pointer(kernel, call, 1);
  const limit = call.values.length > 2 ? Math.min(4096, sizeOf(bits(call, 2))) : 4096;
  for (let index = 0; index < limit; index++) {
    const byte = kernel.evaluator.loadBits(source + BigInt(index), 1);
    kernel.evaluator.storeBits(target + BigInt(index), 1, byte);
    if (byte.bits === 0n) break;
  }
  return known(target);
};

const compare: ModelFunction = (kernel, call) => {
  const bytes = length(kernel, call, 2);
  const left = pointer(kernel, call, 0);
  const right = pointer(kernel, call, 1);
  for (let index = 0; index < bytes; index++) {
    const a = kernel.evaluator.loadBits(left + BigInt(index), 1).bits;
    const b = kernel.evaluator.loadBits(right + BigInt(index), 1).bits;
    if (a !== b) return known(a < b ? -1n : 1n);
  }
  return zeroValue;
};

export const copyFunctions: ModelTable = {
  memcpy: copy(0, 1, 2, "pointer"),
  __memcpy: copy(0, 1, 2, "pointer"),
  memmove: copy(0, 1, 2, "pointer"),
  memcpy_fromio: copy(0, 1, 2, "zero"),
  memcpy_toio: copy(0, 1, 2, "zero"),
  copy_to_user: copy(0, 1, 2, "zero"),
  copy_from_user: copy(0, 1, 2, "zero"),
  memset: fill,
  memset_io: fill,
  memzero_explicit: (kernel, call) =>
    fill(kernel, { ...call, values: [argument(call, 0), zeroValue, argument(call, 1)] }),
  strcpy: copyString,
  strscpy: copyString,
  strlcpy: copyString,
  strncpy: copyString,
  memcmp: compare,
  access_ok: one,
  tty_insert_flip_string: (kernel, call) => {
    const bytes = length(kernel, call, 2);
    const source = pointer(kernel, call, 1);
    kernel.narrator.driver(`${call.name}() passes ${call.text(1)} on.`, true);
    for (let index = 0; index < Math.min(bytes, 64); index++) kernel.evaluator.loadBits(source + BigInt(index), 1);
    return argument(call, 2);
  },
  cpu_to_le16: same(0),
  cpu_to_le32: same(0),
  cpu_to_le64: same(0),
  le16_to_cpu: same(0),
  le32_to_cpu: same(0),
  le64_to_cpu: same(0),
  cpu_to_be16: same(0),
  cpu_to_be32: same(0),
  cpu_to_be64: same(0),
  be16_to_cpu: same(0),
  be32_to_cpu: same(0),
  be64_to_cpu: same(0),
  prefetch: success,
  prefetchw: success,
};

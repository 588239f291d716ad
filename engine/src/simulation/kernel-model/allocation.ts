/** Ordinary memory: kmalloc() and kin, pages, vmalloc. Addresses are real ones of the machine; bytes live where they are used. */
import type { Kernel } from "../kernel.ts";
import type { Buffer } from "../scene.ts";
import { known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { isToFail, orFailure } from "./failing.ts";
import { busAddress, storeHandle } from "./coherent.ts";
import { argument, bits, type ModelFunction, type ModelTable, resultName, sizeOf } from "./model.ts";
import { gfp } from "./constants.ts";
import { pagePointer } from "./pages.ts";

/** A size of 0 would make nothing to look at: inputs in it are chosen so that there is something. */
function wantedSize(kernel: Kernel, call: KernelCall, value: Value): number {
  kernel.prefer(value, (wanted) => wanted > 0n && wanted <= 1n << 22n, `${call.name}() is asked for 64 bytes`);
  return sizeOf(value.bits) || 64;
}

function slab(kernel: Kernel, call: KernelCall, size: number, zeroed: boolean): Value {
  const minimum = Math.max(8, kernel.platform.minAlign.value);
  // kmalloc() rounds up to its size classes, and a class is aligned to its size where that is a power of two.
  const bytes = Math.max(minimum, 2 ** Math.ceil(Math.log2(size)));
  const address = kernel.hardware.slab(bytes, Math.min(bytes, kernel.hardware.pageBytes));
  kernel.evaluator.space.register(address, Math.max(bytes, size), resultName(kernel, call), "linear");
  if (zeroed) kernel.evaluator.fillBytes(address, Math.min(size, 1 << 16), 0, "soft");
  return known(address);
}

function pages(kernel: Kernel, call: KernelCall, size: number, zeroed: boolean): bigint {
  const { virtual } = kernel.hardware.pages(size);
  kernel.evaluator.space.register(virtual, size, resultName(kernel, call), "linear");
  if (zeroed) kernel.evaluator.fillBytes(virtual, Math.min(size, 1 << 16), 0, "soft");
  return virtual;
}

function virtualMemory(kernel: Kernel, call: KernelCall, size: number, zeroed: boolean): Value {
  const { hardware } = kernel;
  // Without an MMU vmalloc() is kmalloc(), and is_vmalloc_addr() is never true (mm/nommu.c:119-126, include/linux/mm.h:1188-1195).
  if (!kernel.platform.mmu.value) return known(pages(kernel, call, size, zeroed));
  const count = Math.min(1024, Math.max(1, Math.ceil(size / hardware.pageBytes)));
  const frames = Array.from({ length: count }, () => kernel.port.board.allocatePages(hardware.pageBytes));
  const name = resultName(kernel, call);
  const address = hardware.mapKernel(name, frames, "write-back", `${call.name}()`);
  kernel.evaluator.space.register(address, size, name, "vmalloc");
  kernel.buffer("vmalloc", address, size, frames, undefined, name);
  if (zeroed) kernel.evaluator.fillBytes(address, Math.min(size, 1 << 16), 0, "soft");
  return known(address);
}

type Make = (kernel: Kernel, call: KernelCall, size: number, zeroed: boolean) => Value;

/** An allocator whose size is argument `index`, times argument `times` where given; `flags` is the gfp argument. */
function sized(
  make: Make,
  index: number,
  options: { times?: number; flags?: number; zero?: boolean } = {},
): ModelFunction {
  return (kernel, call) => {
    if (isToFail(kernel, call)) return orFailure(kernel, call, 0n, 0n);
    let size = wantedSize(kernel, call, argument(call, index));
    if (options.times !== undefined)
      size = Math.min(1 << 22, size * wantedSize(kernel, call, argument(call, options.times)));
    const flags = options.flags === undefined ? 0n : bits(call, options.flags);
    const made = make(kernel, call, size, options.zero === true || (flags & gfp.zero) !== 0n);
    return orFailure(kernel, call, made.bits, 0n);
  };
}

/** An allocator whose argument `index` is an order of pages. */
function ordered(index: number | undefined, result: "address" | "page", zero = false, flags = 0): ModelFunction {
  return (kernel, call) => {
    if (isToFail(kernel, call)) return orFailure(kernel, call, 0n, 0n);
    const order = index === undefined ? 0 : Number(bits(call, index) & 7n);
    const isZeroed = zero || (bits(call, flags) & gfp.zero) !== 0n;
    const address = pages(kernel, call, kernel.hardware.pageBytes << order, isZeroed);
    const made = result === "address" ? address : pagePointer(kernel, kernel.hardware.linearPhysical(address));
    return orFailure(kernel, call, made, 0n);
  };
}

const duplicate =
  (source: number, length: number): ModelFunction =>
  (kernel, call) => {
    const size = wantedSize(kernel, call, argument(call, length));
    const copy = slab(kernel, call, size, false);
    kernel.evaluator.copyBytes(copy.bits, bits(call, source), Math.min(size, 1 << 16));
    return copy;
  };

/** dma_alloc_pages(), dma_alloc_noncoherent(): linear memory that is mapped for streaming from the start. */
const noncoherent =
  (result: "address" | "page"): ModelFunction =>
  (kernel, call) => {
    const size = wantedSize(kernel, call, argument(call, 1));
    const address = pages(kernel, call, size, true);
    const frames = kernel.framesOf(address, size);
    const handle = busAddress(kernel, frames);
    kernel.buffer("noncoherent", address, size, frames, handle, resultName(kernel, call));
    kernel.shareFromBirth(address, size);
    storeHandle(kernel, call, 2, handle);
    return known(result === "address" ? address : pagePointer(kernel, frames[0] ?? 0));
  };

const free: ModelFunction = (kernel, call) => {
  const buffer: Buffer | undefined = kernel.scene.bufferAt(bits(call, 0));
  if (buffer !== undefined) buffer.live = false;
  return zeroValue;
};

const plain: Make = slab;
const exact: Make = (kernel, call, size, zeroed) => known(pages(kernel, call, size, zeroed));

export const allocationFunctions: ModelTable = {
  kmalloc: sized(plain, 0, { flags: 1 }),
  kmalloc_node: sized(plain, 0, { flags: 1 }),
  kzalloc: sized(plain, 0, { zero: true }),
  kzalloc_node: sized(plain, 0, { zero: true }),
  kcalloc: sized(plain, 0, { times: 1, zero: true }),
  kmalloc_array: sized(plain, 0, { times: 1, flags: 2 }),
  kmemdup: duplicate(0, 1),
  devm_kmemdup: duplicate(1, 2),
  memdup_user: duplicate(0, 1),
  devm_kmalloc: sized(plain, 1, { flags: 2 }),
  devm_kzalloc: sized(plain, 1, { zero: true }),
  devm_kcalloc: sized(plain, 1, { times: 2, zero: true }),
  devm_kmalloc_array: sized(plain, 1, { times: 2, flags: 3 }),
  kvmalloc: sized(plain, 0, { flags: 1 }),
  kvzalloc: sized(plain, 0, { zero: true }),
  kvcalloc: sized(plain, 0, { times: 1, zero: true }),
  kvmalloc_array: sized(plain, 0, { times: 1, flags: 2 }),
  alloc_pages_exact: sized(exact, 0, { flags: 1 }),
  __get_free_pages: ordered(1, "address"),
  __get_free_page: ordered(undefined, "address"),
  get_zeroed_page: ordered(undefined, "address", true),
  devm_get_free_pages: ordered(2, "address", false, 1),
  alloc_pages: ordered(1, "page"),
  alloc_page: ordered(undefined, "page"),
  dev_alloc_page: ordered(undefined, "page"),
  dev_alloc_pages: ordered(0, "page"),
  vmalloc: sized(virtualMemory, 0),
  vzalloc: sized(virtualMemory, 0, { zero: true }),
  vmalloc_user: sized(virtualMemory, 0, { zero: true }),
  vmalloc_32: sized(virtualMemory, 0),
  vmalloc_32_user: sized(virtualMemory, 0, { zero: true }),
  vmalloc_node: sized(virtualMemory, 0),
  __vmalloc: sized(virtualMemory, 0, { flags: 1 }),
  dma_alloc_noncoherent: noncoherent("address"),
  dma_alloc_pages: noncoherent("page"),
  kfree: free,
  kvfree: free,
  vfree: free,
  kfree_sensitive: free,
  free_page: free,
  free_pages: free,
  free_pages_exact: free,
  dma_free_noncoherent: (kernel, call) => {
    const buffer = kernel.scene.bufferAt(bits(call, 2));
    if (buffer !== undefined) buffer.live = false;
    return zeroValue;
  },
};

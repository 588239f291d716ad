/**
 * Addresses turned into pages, frames and physical addresses. virt_to_page() and kin are arithmetic on the linear map, for any
 * pointer, as in the kernel; vmalloc_to_page() walks the page tables.
 */
import { addressText } from "../../machine/address.ts";
import type { Kernel } from "../kernel.ts";
import { computed, known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { argument, bits, type ModelFunction, type ModelTable } from "./model.ts";

/** Where struct page of frame 0 is: only arithmetic is done on it. Bytes of one struct page. */
function memoryMap(kernel: Kernel): { readonly base: bigint; readonly stride: bigint } {
  return kernel.wordBits === 64 ? { base: 0xffffea0000000000n, stride: 64n } : { base: 0x08000000n, stride: 32n };
}

/** The struct page of a physical address, which need not be RAM. */
export function pagePointer(kernel: Kernel, physical: number): bigint {
  const { base, stride } = memoryMap(kernel);
  const frame = BigInt(Math.floor(physical / kernel.hardware.pageBytes));
  return BigInt.asUintN(kernel.wordBits, base + frame * stride);
}

/** The physical address of a struct page's frame. */
export function physicalOfPage(kernel: Kernel, page: bigint): number {
  const { base, stride } = memoryMap(kernel);
  const difference = BigInt.asIntN(kernel.wordBits, page - base);
  return Number(difference / stride) * kernel.hardware.pageBytes;
}

/** What another owner keeps in its page. */
export const strangerByte = 0x5a;

/** virt_to_phys() as the machine computes it; tells when the result is not the memory that the pointer points to. */
function linearArithmetic(kernel: Kernel, call: KernelCall, virtual: bigint): number {
  const { hardware, narrator, port } = kernel;
  const physical = hardware.linearPhysical(virtual);
  const real = hardware.walk(virtual)?.physical;
  const buffer = kernel.scene.bufferAt(virtual);
  if (buffer === undefined && real === undefined) return physical;
  const name = buffer?.name || kernel.evaluator.space.describe(virtual);
  if (buffer === undefined || real === undefined || real === physical) {
    if (buffer !== undefined)
      narrator.driver(`${call.name}() computes ${addressText(physical)} from ${name}: the page that it is in.`);
    return physical;
  }
  narrator.driver(
    `${call.name}() subtracts the start of the linear map from ${name}, which is not in the linear map: it gets ${addressText(physical)}, not ${addressText(real)}.`,
  );
  const { wrongPages } = kernel.scene;
  const known = wrongPages.findIndex((page) => page.virtual === virtual && page.physical === physical);
  // The latest stands last, also when it was computed before.
  if (known >= 0) wrongPages.push(...wrongPages.splice(known, 1));
  else {
    wrongPages.push({ virtual, physical, call: `${call.name}()` });
    kernel.shareStranger(physical);
  }
  port.tell({
    kind: "value",
    agent: "cpu",
    name: call.name,
    value: addressText(physical),
    sentence: port.board.isRam(physical)
      ? `${addressText(physical)} belongs to another owner.`
      : `There is no memory at ${addressText(physical)}.`,
  });
  return physical;
}

const toPage: ModelFunction = (kernel, call) =>
  known(pagePointer(kernel, linearArithmetic(kernel, call, bits(call, 0))));
const toPhysical: ModelFunction = (kernel, call) => known(BigInt(linearArithmetic(kernel, call, bits(call, 0))));
const toFrame: ModelFunction = (kernel, call) =>
  known(BigInt(Math.floor(linearArithmetic(kernel, call, bits(call, 0)) / kernel.hardware.pageBytes)));
const walk =
  (result: (kernel: Kernel, physical: number) => bigint): ModelFunction =>
  (kernel, call) => {
    const where = kernel.hardware.walk(bits(call, 0));
    if (where === undefined) return zeroValue;
    return known(result(kernel, kernel.hardware.pageOf(where.physical)));
  };
const pageAddress: ModelFunction = (kernel, call) =>
  known(kernel.hardware.linear(physicalOfPage(kernel, bits(call, 0))));
const pagePhysical: ModelFunction = (kernel, call) => known(BigInt(physicalOfPage(kernel, bits(call, 0))));
const physicalToVirtual: ModelFunction = (kernel, call) => known(kernel.hardware.linear(Number(bits(call, 0))));

function shifted(call: KernelCall, kernel: Kernel, to: "frame" | "bytes", up = 0n): Value {
  const shift = BigInt(Math.log2(kernel.hardware.pageBytes));
  const apply = (value: bigint): bigint => (to === "frame" ? (value + up) >> shift : value << shift);
  const value = argument(call, 0);
  return computed(apply(value.bits), [value], ([only = 0n]) => apply(only));
}

/** dma_to_phys(dev, handle) and phys_to_dma(dev, physical): an offset at most, whatever an IOMMU does (dma-direct.h). */
const busArithmetic =
  (to: "bus" | "physical"): ModelFunction =>
  (kernel, call) => {
    const offset = BigInt(kernel.port.board.bus.offset) * (to === "bus" ? 1n : -1n);
    const value = argument(call, 1);
    return computed(value.bits + offset, [value], ([only = 0n]) => only + offset);
  };

/** flush_dcache_page(): writes back what the platform's version writes back. */
export function flushPage(kernel: Kernel, page: bigint, call: string): void {
  const kind = kernel.platform.flushDcachePage.value;
  if (kind === "none" || kind === "instruction-only") return;
  const physical = physicalOfPage(kernel, page);
  kernel.narrator.driver(`${call} writes the page's lines back.`, true);
  const { pageBytes } = kernel.hardware;
  const linear = kernel.hardware.address(kernel.hardware.linear(physical));
  kernel.perform({ kind: "maintain", operation: "clean-invalidate", virtual: linear, size: pageBytes });
  if (kind !== "kernel-and-user-aliases") return;
  for (const mapping of kernel.scene.userMappings) {
    const index = mapping.frames.indexOf(physical);
    if (index < 0) continue;
    const virtual = kernel.hardware.address(mapping.virtual) + index * pageBytes;
    kernel.perform({ kind: "maintain", operation: "clean-invalidate", virtual, size: pageBytes, space: 1 });
  }
}

/** A window of registers at the top of the address space, 16 pages for each of a device's resources. */
const resourceStart: ModelFunction = (kernel, call) => {
  const first = 0xe0000000 + Number(bits(call, 1) & 15n) * 0x10000;
  for (let index = 0; index < 16; index++) kernel.scene.registers.add(first + index * kernel.hardware.pageBytes);
  return known(BigInt(first));
};

const frameOfPage: ModelFunction = (kernel, call) =>
  known(BigInt(Math.floor(physicalOfPage(kernel, bits(call, 0)) / kernel.hardware.pageBytes)));

export const pageFunctions: ModelTable = {
  virt_to_page: toPage,
  virt_to_head_page: toPage,
  virt_to_folio: toPage,
  virt_to_phys: toPhysical,
  __pa: toPhysical,
  virt_to_bus: toPhysical,
  isa_virt_to_bus: toPhysical,
  virt_to_pfn: toFrame,
  vmalloc_to_page: walk((kernel, physical) => pagePointer(kernel, physical)),
  vmalloc_to_pfn: walk((kernel, physical) => BigInt(Math.floor(physical / kernel.hardware.pageBytes))),
  page_address: pageAddress,
  lowmem_page_address: pageAddress,
  page_to_virt: pageAddress,
  kmap: pageAddress,
  kmap_atomic: pageAddress,
  kmap_local_page: pageAddress,
  page_to_phys: pagePhysical,
  page_to_pfn: frameOfPage,
  pfn_to_page: (kernel, call) => known(pagePointer(kernel, Number(bits(call, 0)) * kernel.hardware.pageBytes)),
  phys_to_page: (kernel, call) => known(pagePointer(kernel, Number(bits(call, 0)))),
  phys_to_virt: physicalToVirtual,
  __va: physicalToVirtual,
  dma_to_phys: busArithmetic("physical"),
  phys_to_dma: busArithmetic("bus"),
  pci_resource_start: resourceStart,
  PHYS_PFN: (kernel, call) => shifted(call, kernel, "frame"),
  PFN_DOWN: (kernel, call) => shifted(call, kernel, "frame"),
  PFN_UP: (kernel, call) => shifted(call, kernel, "frame", BigInt(kernel.hardware.pageBytes - 1)),
  PFN_PHYS: (kernel, call) => shifted(call, kernel, "bytes"),
  offset_in_page: (kernel, call) => known(bits(call, 0) % BigInt(kernel.hardware.pageBytes)),
  PAGE_ALIGN: (kernel, call) => {
    const page = BigInt(kernel.hardware.pageBytes);
    const value = argument(call, 0);
    const apply = (only: bigint): bigint => ((only + page - 1n) / page) * page;
    return computed(apply(value.bits), [value], ([only = 0n]) => apply(only));
  },
  get_order: (kernel, call) => {
    const pages = Math.max(1, Math.ceil(Number(bits(call, 0)) / kernel.hardware.pageBytes));
    return known(BigInt(Math.ceil(Math.log2(pages))));
  },
  nth_page: (kernel, call) =>
    known(
      pagePointer(kernel, physicalOfPage(kernel, bits(call, 0)) + Number(bits(call, 1)) * kernel.hardware.pageBytes),
    ),
  is_vmalloc_addr: (kernel, call) => known(kernel.hardware.isVmalloc(bits(call, 0)) ? 1n : 0n),
  virt_addr_valid: (kernel, call) => known(kernel.hardware.isLinear(bits(call, 0)) ? 1n : 0n),
  pfn_valid: (kernel, call) =>
    known(kernel.port.board.isRam(Number(bits(call, 0)) * kernel.hardware.pageBytes) ? 1n : 0n),
  object_is_on_stack: (kernel, call) => {
    return known(kernel.isStack(bits(call, 0)) ? 1n : 0n);
  },
};

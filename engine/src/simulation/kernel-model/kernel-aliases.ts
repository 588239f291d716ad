/**
 * Second kernel addresses of memory: vmap() and memremap(), and the addresses that page_address(), phys_to_virt() and kin compute. Which
 * memory each is an address of is remembered, so that a proof can read through it.
 */
import { addressText } from "../../machine/address.ts";
import type { Kernel } from "../kernel.ts";
import { known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { allocationFunctions } from "./allocation.ts";
import { argument, bits, type ModelFunction, type ModelTable, resultName, sizeOf, success } from "./model.ts";
import { pageFunctions, physicalOfPage } from "./pages.ts";

const mostPages = 64;

/** Remembers an address that a call has made, and what the call was given: a page, a physical address or a DMA address. */
function note(kernel: Kernel, call: KernelCall, virtual: bigint, of: bigint): void {
  kernel.scene.aliases.push({ virtual, of, call: `${call.name}()` });
}

/** An address of the linear map for a physical address, which may be no physical address at all but a DMA address. */
function linearAddress(kernel: Kernel, call: KernelCall, physical: bigint, of: bigint): Value {
  const at = Number(BigInt.asUintN(51, physical));
  const virtual = kernel.hardware.linear(at);
  const buffer = kernel.scene.bufferOfHandle(of) ?? kernel.scene.mappingOfHandle(of);
  if (buffer !== undefined && buffer.physical + Number(of - (buffer.handle ?? of)) !== at) {
    kernel.narrator.driver(
      `${call.name}() takes ${addressText(of)}, the device's address of ${buffer.name}, for a physical one: it is not where the memory is.`,
    );
    kernel.shareStranger(at);
  }
  note(kernel, call, virtual, of);
  return known(virtual);
}

/** phys_to_virt(), __va() and bus_to_virt(): one address in, one out. */
const fromPhysical: ModelFunction = (kernel, call) => linearAddress(kernel, call, bits(call, 0), bits(call, 0));

/** memremap(phys, size, flags): RAM is given its address in the linear map (kernel/iomem.c:33-62 of linux 6.12.117). */
const remapped: ModelFunction = (kernel, call) => linearAddress(kernel, call, bits(call, 0), bits(call, 0));

const ofPage =
  (name: string): ModelFunction =>
  (kernel, call) => {
    const result = pageFunctions[name]?.(kernel, call);
    if (result !== undefined) note(kernel, call, result.bits, bits(call, 0));
    return result;
  };

/** pfn_to_page() and phys_to_page() of a DMA address: a page of whoever is there. */
const toPage =
  (name: string, shift: boolean): ModelFunction =>
  (kernel, call) => {
    const result = pageFunctions[name]?.(kernel, call);
    if (result === undefined) return undefined;
    const given = bits(call, 0);
    const handle = shift ? given * BigInt(kernel.hardware.pageBytes) : given;
    const physical = physicalOfPage(kernel, result.bits);
    const buffer = kernel.scene.bufferOfHandle(handle) ?? kernel.scene.mappingOfHandle(handle);
    if (buffer !== undefined) note(kernel, call, kernel.hardware.linear(physical), handle);
    return result;
  };

/** A page of a buffer by the walk of the page tables: addresses of an uncached segment are in none. */
const walked =
  (name: string): ModelFunction =>
  (kernel, call) => {
    const virtual = bits(call, 0);
    if (!kernel.hardware.isUncachedSegment(virtual)) return pageFunctions[name]?.(kernel, call);
    const buffer = kernel.scene.bufferAt(virtual);
    const what = buffer?.name || "the address";
    kernel.narrator.driver(
      `${call.name}() walks the kernel's page tables for ${what}, which is in the uncached segment: it finds no entry, and returns ${name === "vmalloc_to_page" ? "NULL" : "the frame number of a NULL page"}.`,
      true,
    );
    kernel.scene.missingPages.push({ virtual, call: `${call.name}()` });
    return zeroValue;
  };

/** vmap(pages, count, flags, prot) and vm_map_ram(pages, count, node): an array of struct page pointers. */
const vmap =
  (protection: number | undefined): ModelFunction =>
  (kernel, call) => {
    const { evaluator, wordBits } = kernel;
    const wanted = argument(call, 1);
    kernel.prefer(wanted, (value) => value > 0n, `${call.name}() maps one page`);
    const count = Math.min(mostPages, Math.max(1, sizeOf(wanted.bits)));
    const word = wordBits / 8;
    const frames = Array.from({ length: count }, (_, index) =>
      physicalOfPage(kernel, evaluator.loadBits(bits(call, 0) + BigInt(index * word), word).bits),
    );
    const attribute = protection === undefined ? "write-back" : kernel.attributeOf(bits(call, protection));
    return known(alias(kernel, call, frames, attribute));
  };

/** The second address of these frames. */
function alias(
  kernel: Kernel,
  call: KernelCall,
  frames: readonly number[],
  attribute: Parameters<Kernel["hardware"]["mapKernel"]>[2],
): bigint {
  const { hardware, evaluator } = kernel;
  const name = resultName(kernel, call);
  const size = frames.length * hardware.pageBytes;
  const first = frames[0] ?? 0;
  if (kernel.port.board.isRam(first)) kernel.share(hardware.linear(first), size);
  const virtual = hardware.mapKernel(name, frames, attribute, `${call.name}()`);
  evaluator.space.register(virtual, size, name, "vmalloc");
  kernel.shareFromBirth(virtual, size);
  clashWith(kernel, virtual);
  note(kernel, call, virtual, BigInt(first));
  return virtual;
}

/**
 * An application may map the pages at any address. Where the cache has colours it is taken to be one of another colour than the
 * kernel's: only vmalloc_user() asks for the same (mm/vmalloc.c of linux 6.12.117, SHMLBA).
 */
function clashWith(kernel: Kernel, virtual: bigint): void {
  const { value: colours } = kernel.platform.vaColours;
  if (colours === "any" || colours < 2) return;
  const page = virtual / BigInt(kernel.hardware.pageBytes);
  kernel.userColour = { colour: Number((page + 1n) % BigInt(colours)), pages: colours };
}

const area =
  (name: string): ModelFunction =>
  (kernel, call) => {
    const result = allocationFunctions[name]?.(kernel, call);
    if (result !== undefined && kernel.hardware.isVmalloc(result.bits)) clashWith(kernel, result.bits);
    return result;
  };

/** flush_kernel_vmap_range() and invalidate_kernel_vmap_range(): the lines of that very address, where the cache can alias. */
const maintain =
  (operation: "clean-invalidate" | "invalidate"): ModelFunction =>
  (kernel, call) => {
    const { value: colours } = kernel.platform.vaColours;
    if (colours === 1) return zeroValue;
    kernel.narrator.driver(`${call.name}() treats the lines of ${call.text(0)}.`, true);
    const virtual = kernel.hardware.address(bits(call, 0));
    const size = Math.min(8192, Math.max(1, sizeOf(bits(call, 1)) || 64));
    kernel.perform({ kind: "maintain", operation, virtual, size });
    return zeroValue;
  };

export const aliasFunctions: ModelTable = {
  page_address: ofPage("page_address"),
  lowmem_page_address: ofPage("lowmem_page_address"),
  page_to_virt: ofPage("page_to_virt"),
  kmap: ofPage("kmap"),
  kmap_atomic: ofPage("kmap_atomic"),
  kmap_local_page: ofPage("kmap_local_page"),
  kunmap: success,
  kunmap_atomic: success,
  kunmap_local: success,
  phys_to_virt: fromPhysical,
  __va: fromPhysical,
  bus_to_virt: fromPhysical,
  isa_bus_to_virt: fromPhysical,
  memremap: remapped,
  devm_memremap: (kernel, call) => linearAddress(kernel, call, bits(call, 1), bits(call, 1)),
  memunmap: success,
  pfn_to_page: toPage("pfn_to_page", true),
  phys_to_page: toPage("phys_to_page", false),
  vmalloc_to_page: walked("vmalloc_to_page"),
  vmalloc_to_pfn: walked("vmalloc_to_pfn"),
  vmalloc: area("vmalloc"),
  vzalloc: area("vzalloc"),
  __vmalloc: area("__vmalloc"),
  vmap: vmap(3),
  vm_map_ram: vmap(undefined),
  vunmap: success,
  vm_unmap_ram: success,
  flush_kernel_vmap_range: maintain("clean-invalidate"),
  invalidate_kernel_vmap_range: maintain("invalidate"),
};

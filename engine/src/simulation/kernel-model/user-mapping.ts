/** What a driver's mmap and fault handlers do to a user's address space. */
import { addressText } from "../../machine/address.ts";
import type { Attribute } from "../../machine/model.ts";
import type { Kernel } from "../kernel.ts";
import type { Buffer } from "../scene.ts";
import { known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { attributeFrom } from "./coherent.ts";
import { protections } from "./constants.ts";
import { argument, bits, type ModelFunction, type ModelTable, size, sizeOf } from "./model.ts";
import { physicalOfPage } from "./pages.ts";

/** Frames of physically contiguous memory. */
function contiguous(kernel: Kernel, physical: number, bytes: number): number[] {
  const { pageBytes } = kernel.hardware;
  const first = kernel.hardware.frame(physical);
  return Array.from(
    { length: Math.min(64, Math.max(1, Math.ceil(bytes / pageBytes))) },
    (_, index) => first + index * pageBytes,
  );
}

/** Makes the page table entries of a user, and says what they are. */
export function mapToUser(
  kernel: Kernel,
  call: KernelCall | string,
  virtual: bigint,
  given: readonly number[],
  asked: Attribute,
): void {
  const frames = given.map((frame) => kernel.hardware.frame(frame));
  const kept = kernel.port.board.isRam(frames[0] ?? 0) ? kernel.platform.pgprot.ofUserRam?.value : undefined;
  const attribute = kept ?? asked;
  const name = typeof call === "string" ? call : `${call.name}()`;
  const first = frames[0] ?? 0;
  const owner = kernel.scene.buffers.findLast((buffer) => buffer.frames.includes(first));
  const what =
    owner === undefined
      ? `the page at ${addressText(first)}`
      : owner.name || kernel.evaluator.space.describe(owner.virtual);
  kernel.narrator.driver(`${name} maps ${what} to the application, ${inWords(attribute)}.`, true);
  if (attribute !== asked)
    kernel.narrator.driver(`The kernel keeps the type that this memory has in the linear map, not ${inWords(asked)}.`);
  kernel.hardware.mapUser(what, virtual, frames, attribute, name);
  const place = kernel.narrator.place;
  kernel.scene.userMappings.push({
    virtual,
    frames,
    attribute,
    call: name,
    source: place?.span ?? { file: "", start: 0, end: 0 },
  });
}

function inWords(attribute: Attribute): string {
  switch (attribute) {
    case "write-back":
      return "cacheable (write-back)";
    case "write-through":
      return "cacheable (write-through)";
    case "uncached":
      return "uncached";
    case "write-combine":
      return "uncached, with stores combined";
    case "device":
      return "as device memory";
  }
}

/** remap_pfn_range(vma, addr, pfn, size, prot). */
const remap: ModelFunction = (kernel, call) => {
  const frames = contiguous(kernel, kernel.hardware.frameOfNumber(bits(call, 2)), size(call, 3));
  mapToUser(kernel, call, bits(call, 1), frames, kernel.attributeOf(bits(call, 4)));
  return zeroValue;
};

function vmaOf(kernel: Kernel, vma: bigint): { start: bigint; bytes: number; protection: bigint } {
  const start = kernel.readField(vma, "vm_area_struct", "vm_start").bits;
  const end = kernel.readField(vma, "vm_area_struct", "vm_end").bits;
  const protection = kernel.readField(vma, "vm_area_struct", "vm_page_prot").bits;
  return { start, bytes: sizeOf(end - start), protection };
}

/** vm_iomap_memory(vma, physical, length): keeps the protection that the vma has. */
const ioMap: ModelFunction = (kernel, call) => {
  const { start, bytes, protection } = vmaOf(kernel, bits(call, 0));
  mapToUser(kernel, call, start, contiguous(kernel, Number(bits(call, 1)), bytes), kernel.attributeOf(protection));
  return zeroValue;
};

/** vm_insert_page(vma, addr, page). */
const insertPage: ModelFunction = (kernel, call) => {
  const { protection } = vmaOf(kernel, bits(call, 0));
  const physical = physicalOfPage(kernel, bits(call, 2));
  mapToUser(kernel, call, bits(call, 1), [physical], kernel.attributeOf(protection));
  return zeroValue;
};

/** vmf_insert_pfn(vma, addr, pfn[, prot]). */
const insertFrame =
  (withProtection: boolean): ModelFunction =>
  (kernel, call) => {
    const { protection } = vmaOf(kernel, bits(call, 0));
    const prot = withProtection ? bits(call, 3) : protection;
    mapToUser(kernel, call, bits(call, 1), [kernel.hardware.frameOfNumber(bits(call, 2))], kernel.attributeOf(prot));
    return known(0x100n);
  };

/** remap_vmalloc_range(vma, addr, pgoff): page by page, by the page walk. */
const remapVmalloc: ModelFunction = (kernel, call) => {
  const { start, bytes, protection } = vmaOf(kernel, bits(call, 0));
  mapToUser(kernel, call, start, kernel.framesOf(bits(call, 1), bytes), kernel.attributeOf(protection));
  return zeroValue;
};

/** vm_map_pages(vma, pages, num): an array of struct page pointers. */
const mapPages: ModelFunction = (kernel, call) => {
  const { start, protection } = vmaOf(kernel, bits(call, 0));
  const word = kernel.wordBits / 8;
  const frames: number[] = [];
  for (let index = 0; index < Math.min(64, Number(bits(call, 2))); index++) {
    frames.push(physicalOfPage(kernel, kernel.evaluator.loadBits(bits(call, 1) + BigInt(index * word), word).bits));
  }
  mapToUser(kernel, call, start, frames, kernel.attributeOf(protection));
  return zeroValue;
};

/**
 * dma_mmap_coherent() and kin: the right frames with dma_pgprot() (kernel/dma/direct.c:542-564, drivers/iommu/dma-iommu.c:1690-1716).
 */
export function mapCoherentToUser(
  kernel: Kernel,
  call: KernelCall,
  buffer: Buffer | undefined,
  vma: bigint,
  writeCombine: boolean,
): Value {
  if (buffer === undefined) return known(-6n);
  const { start, bytes, protection } = vmaOf(kernel, vma);
  const dmaProtection = kernel.platform.pgprot.dmaPgprot.value;
  const attribute = attributeFrom(
    writeCombine ? dmaProtection.writeCombine : dmaProtection.plain,
    kernel.attributeOf(protection),
  );
  const pages = Math.max(1, Math.ceil(bytes / kernel.hardware.pageBytes));
  mapToUser(kernel, call, start, buffer.frames.slice(0, pages), attribute);
  return zeroValue;
}

const mapCoherent =
  (writeCombine: boolean, cpu = 2, handle = 3): ModelFunction =>
  (kernel, call) => {
    const buffer = kernel.scene.bufferOfHandle(bits(call, handle)) ?? kernel.scene.bufferAt(bits(call, cpu));
    const attrs = call.values.length > 5 ? bits(call, 5) : 0n;
    return mapCoherentToUser(kernel, call, buffer, bits(call, 1), writeCombine || (attrs & 4n) !== 0n);
  };

/** A fault handler that left a page in vmf->page has it mapped with the vma's protection. */
export function finishFault(kernel: Kernel, vmf: bigint): void {
  const page = kernel.readField(vmf, "vm_fault", "page").bits;
  if (page < 4096n) return;
  const vma = kernel.readField(vmf, "vm_fault", "vma").bits;
  const { start, protection } = vmaOf(kernel, vma);
  mapToUser(kernel, "the fault handler's page", start, [physicalOfPage(kernel, page)], kernel.attributeOf(protection));
}

/**
 * The framebuffer core's own mapping of what a driver has put into fix.smem_start, by frame number (fb_io_mmap(),
 * drivers/video/fbdev/core/fb_io_fops.c:149-176), with the architecture's pgprot_framebuffer(): write-combining by default
 * (include/asm-generic/video.h:19-24).
 */
export function mapFramebuffer(kernel: Kernel): void {
  const info = kernel.evaluator.space.ofRecord("fb_info");
  if (info === undefined) return;
  const fix = kernel.field(info.base, "fb_info", "fix");
  const start = kernel.readField(fix, "fb_fix_screeninfo", "smem_start").bits;
  if (start === 0n) return;
  const { pageBytes } = kernel.hardware;
  const virtual = kernel.hardware.bits(kernel.port.board.reserveVirtual("user", pageBytes, kernel.userColour));
  const frames = contiguous(kernel, Number(start), pageBytes);
  const attribute = attributeFrom(kernel.platform.pgprot.writecombine.value, "write-back");
  mapToUser(kernel, "the framebuffer core's fb_io_mmap()", virtual, frames, attribute);
}

function protection(pick: (kernel: Kernel, before: Attribute) => Attribute): ModelFunction {
  return (kernel, call) => known(protections[pick(kernel, kernel.attributeOf(bits(call, 0)))]);
}

export const userMappingFunctions: ModelTable = {
  remap_pfn_range: remap,
  io_remap_pfn_range: remap,
  remap_page_range: remap,
  vm_iomap_memory: ioMap,
  vm_insert_page: insertPage,
  vm_insert_pfn: insertFrame(false),
  vmf_insert_pfn: insertFrame(false),
  vmf_insert_mixed: insertFrame(false),
  vmf_insert_pfn_prot: insertFrame(true),
  vm_map_pages: mapPages,
  vm_map_pages_zero: mapPages,
  vm_insert_pages: (kernel, call) =>
    mapPages(kernel, { ...call, values: [argument(call, 0), argument(call, 2), known(1n)] }),
  remap_vmalloc_range: remapVmalloc,
  dma_mmap_coherent: mapCoherent(false),
  dma_mmap_attrs: mapCoherent(false),
  dma_mmap_wc: mapCoherent(true),
  dma_mmap_writecombine: mapCoherent(true),
  dma_mmap_pages: (kernel, call) => {
    const { start, bytes, protection: prot } = vmaOf(kernel, bits(call, 1));
    const physical = physicalOfPage(kernel, bits(call, 3));
    mapToUser(kernel, call, start, contiguous(kernel, physical, bytes), kernel.attributeOf(prot));
    return zeroValue;
  },
  pgprot_noncached: protection((kernel, before) => attributeFrom(kernel.platform.pgprot.noncached.value, before)),
  pgprot_writecombine: protection((kernel, before) => attributeFrom(kernel.platform.pgprot.writecombine.value, before)),
  pgprot_dmacoherent: protection((kernel, before) => attributeFrom(kernel.platform.pgprot.dmacoherent.value, before)),
  pgprot_device: protection((kernel, before) => attributeFrom(kernel.platform.pgprot.noncached.value, before)),
  pgprot_cached: protection(() => "write-back"),
  pgprot_writethrough: protection(() => "write-through"),
  pgprot_decrypted: (_kernel, call) => argument(call, 0),
  vm_get_page_prot: () => known(protections["write-back"]),
  dma_pgprot: (kernel, call) =>
    known(protections[attributeFrom(kernel.platform.pgprot.dmaPgprot.value.plain, kernel.attributeOf(bits(call, 1)))]),
  dma_can_mmap: () => known(1n),
  vm_flags_set: () => zeroValue,
  vm_flags_clear: () => zeroValue,
  vm_flags_mod: () => zeroValue,
};

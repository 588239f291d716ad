/** What the model knows of kernel structures: types of fields, and what a core has set before a driver's function is called. */
import type { Type } from "../../program/types.ts";
import type { Kernel } from "../kernel.ts";
import { computed } from "../value.ts";
import { protections } from "./constants.ts";
import { pagePointer } from "./pages.ts";
import { soundBuffer } from "./sound.ts";

const byte: Type = { kind: "integer", bits: 8, signed: false, name: "u8" };
const word: Type = { kind: "integer", bits: "long", signed: false, name: "unsigned long" };
const half: Type = { kind: "integer", bits: 32, signed: false, name: "unsigned int" };
const dma: Type = { kind: "integer", bits: "dma", signed: false, name: "dma_addr_t" };
const bytes: Type = { kind: "pointer", target: byte };
const anything: Type = { kind: "pointer", target: { kind: "void" } };
const record = (name: string): Type => ({ kind: "record", tag: "struct", name });
const pointer = (name: string): Type => ({ kind: "pointer", target: record(name) });

/** include/linux/mm_types.h, include/sound/pcm.h, include/sound/memalloc.h, include/linux/scatterlist.h, include/linux/usb.h, ... */
const fields: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  vm_area_struct: {
    vm_start: word,
    vm_end: word,
    vm_pgoff: word,
    vm_page_prot: word,
    vm_flags: word,
    vm_private_data: anything,
  },
  vm_fault: { vma: pointer("vm_area_struct"), address: word, pgoff: word, page: pointer("page") },
  snd_pcm_substream: {
    runtime: pointer("snd_pcm_runtime"),
    dma_buffer: record("snd_dma_buffer"),
    pcm: pointer("snd_pcm"),
    stream: half,
  },
  snd_pcm_runtime: {
    dma_area: bytes,
    dma_addr: dma,
    dma_bytes: word,
    dma_buffer_p: pointer("snd_dma_buffer"),
    private_data: anything,
  },
  snd_dma_buffer: { area: bytes, addr: dma, bytes: word },
  scatterlist: { page_link: word, offset: half, length: half, dma_address: dma, dma_length: half },
  sg_table: { sgl: pointer("scatterlist"), nents: half, orig_nents: half },
  sk_buff: { data: bytes, len: half },
  urb: { transfer_buffer: anything, transfer_dma: dma, transfer_buffer_length: half },
  spi_transfer: { tx_buf: anything, rx_buf: anything, len: half },
  platform_device: { dev: record("device") },
  pci_dev: { dev: record("device") },
  fb_info: { fix: record("fb_fix_screeninfo") },
  fb_fix_screeninfo: { smem_start: word, smem_len: half },
};

export function kernelFieldType(owner: string | undefined, field: string): Type | undefined {
  return owner === undefined ? undefined : fields[owner]?.[field];
}

/** Sets what a core sets in an object before it hands it to a driver. */
export function prepareKernelObject(kernel: Kernel, base: bigint, name: string): void {
  if (name === "vm_area_struct") prepareArea(kernel, base);
  if (name === "scatterlist") prepareList(kernel, base);
  if (name === "vm_fault") {
    const area = kernel.evaluator.lazyObject("vma", record("vm_area_struct"));
    kernel.writeField(base, "vm_fault", "vma", area.base);
    kernel.writeField(base, "vm_fault", "address", kernel.readField(area.base, "vm_area_struct", "vm_start"));
    kernel.writeField(base, "vm_fault", "pgoff", 0n);
    kernel.writeField(base, "vm_fault", "page", 0n);
  }
}

/** A list that somebody hands over has one entry: memory of its own, from the start of a page. */
function prepareList(kernel: Kernel, base: bigint): void {
  const { physical } = kernel.hardware.pages(kernel.hardware.pageBytes);
  kernel.writeField(base, "scatterlist", "page_link", pagePointer(kernel, physical));
  kernel.writeField(base, "scatterlist", "offset", 0n, 4);
  kernel.writeField(base, "scatterlist", "length", kernel.evaluator.chosen("the length of the list's entry", 64n), 4);
}

/** One page at a user's address, or as many as the code asks for, offset 0, with the default protection: what mmap() has made when it calls the driver. */
function prepareArea(kernel: Kernel, base: bigint): void {
  const { hardware } = kernel;
  const colour = kernel.userColour;
  const pages = kernel.evaluator.chosen("the pages of the mapping", 1n);
  const bytes = (count: bigint): bigint => BigInt.asUintN(20, count) * BigInt(hardware.pageBytes);
  const reserved = Math.max(1, Math.min(64, Number(BigInt.asUintN(20, pages.bits)))) * hardware.pageBytes;
  const start = hardware.bits(kernel.port.board.reserveVirtual("user", reserved, colour));
  kernel.writeField(base, "vm_area_struct", "vm_start", start);
  const end = computed(start + bytes(pages.bits), [pages], ([count = 0n]) => start + bytes(count));
  kernel.writeField(base, "vm_area_struct", "vm_end", end);
  kernel.writeField(base, "vm_area_struct", "vm_pgoff", kernel.evaluator.chosen("vma->vm_pgoff", 0n));
  kernel.writeField(base, "vm_area_struct", "vm_page_prot", protections["write-back"]);
  // Readable, writable and shared, unless the code wants to be called for another mapping: that is the application's choice.
  kernel.writeField(base, "vm_area_struct", "vm_flags", kernel.evaluator.chosen("vma->vm_flags", 0xfbn));
}

/** Before the first read of a field that nothing wrote: what a core would have put there. */
export function prepareKernelField(kernel: Kernel, owner: bigint, name: string | undefined, field: string): void {
  const isBuffer = name === "snd_dma_buffer" && (field === "area" || field === "addr" || field === "bytes");
  const isRuntime = name === "snd_pcm_runtime" && /^dma_(area|addr|bytes|buffer_p)$/.test(field);
  if (isBuffer || isRuntime) soundBuffer(kernel, isBuffer ? owner : undefined, isRuntime ? owner : undefined);
}

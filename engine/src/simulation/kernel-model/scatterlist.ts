/** Scatterlists: entries are struct page, offset and length, filled by linear arithmetic where a pointer is given. */
import type { Direction } from "../../machine/model.ts";
import type { Kernel } from "../kernel.ts";
import type { ListEntry } from "../scene.ts";
import { known, zeroValue } from "../value.ts";
import { isToFail, orFailure } from "./failing.ts";
import { argument, bits, type ModelFunction, type ModelTable, size, success } from "./model.ts";
import { pageFunctions, physicalOfPage } from "./pages.ts";
import { bufferFor, directionOf, mapStreaming, pass, synchronise } from "./streaming.ts";
import type { KernelCall } from "../world.ts";

/** sizeof(struct scatterlist). */
function stride(kernel: Kernel): bigint {
  return BigInt(kernel.evaluator.layouts.sizeOf({ kind: "record", tag: "struct", name: "scatterlist" }));
}

interface Entry {
  readonly page: bigint;
  readonly offset: number;
  readonly length: number;
}

export function readEntry(kernel: Kernel, sg: bigint): Entry {
  return {
    page: kernel.readField(sg, "scatterlist", "page_link").bits,
    offset: Number(kernel.readField(sg, "scatterlist", "offset", 4).bits),
    length: Number(kernel.readField(sg, "scatterlist", "length", 4).bits),
  };
}

function writeEntry(kernel: Kernel, sg: bigint, page: bigint, length: bigint, offset: bigint): void {
  kernel.writeField(sg, "scatterlist", "page_link", page);
  kernel.writeField(sg, "scatterlist", "offset", offset, 4);
  kernel.writeField(sg, "scatterlist", "length", length, 4);
}

const initTable: ModelFunction = (kernel, call) => {
  const sg = bits(call, 0);
  const count = Math.min(256, Number(bits(call, 1)));
  for (let index = 0; index < count; index++) {
    const entry = sg + BigInt(index) * stride(kernel);
    writeEntry(kernel, entry, 0n, 0n, 0n);
    kernel.writeField(entry, "scatterlist", "dma_length", 0n, 4);
  }
  return zeroValue;
};

/** sg_set_buf() is sg_set_page(virt_to_page(buf)), include/linux/scatterlist.h:183-190. */
const setBuffer: ModelFunction = (kernel, call) => {
  const virtual = bits(call, 1);
  const wanted = argument(call, 2);
  kernel.prefer(wanted, (value) => value > 0n, `${call.name}() puts in 64 bytes`);
  if (kernel.isStack(virtual)) bufferFor(kernel, virtual, Math.max(1, Number(BigInt.asUintN(16, wanted.bits))));
  const toPage = pageFunctions["virt_to_page"];
  const page = toPage?.(kernel, { ...call, values: [known(virtual)] })?.bits ?? 0n;
  writeEntry(
    kernel,
    bits(call, 0),
    page,
    wanted.bits > 0n ? wanted.bits : 64n,
    virtual % BigInt(kernel.hardware.pageBytes),
  );
  noteEntry(kernel, bits(call, 0), virtual);
  return zeroValue;
};

const setPage: ModelFunction = (kernel, call) => {
  const page = bits(call, 1);
  const wanted = argument(call, 2);
  kernel.prefer(wanted, (value) => value > 0n, `${call.name}() puts in 64 bytes`);
  writeEntry(kernel, bits(call, 0), page, wanted.bits > 0n ? wanted.bits : 64n, bits(call, 3));
  const physical = physicalOfPage(kernel, page);
  const wrong = kernel.scene.wrongPages.findLast((item) => kernel.hardware.pageOf(item.physical) === physical);
  noteEntry(kernel, bits(call, 0), wrong?.virtual);
  return zeroValue;
};

/** Remembers what an entry was made of, so that a proof can compare the page with the memory that was meant. */
function noteEntry(kernel: Kernel, sg: bigint, virtual: bigint | undefined): void {
  const { page, offset, length } = readEntry(kernel, sg);
  const entry: ListEntry = { physical: physicalOfPage(kernel, page) + offset, virtual, size: length };
  kernel.scene.lists.set(sg, [entry]);
}

export function mapList(kernel: Kernel, call: KernelCall, list: bigint, count: number, direction: Direction): bigint {
  const name = `${call.name}()`;
  let mapped = 0n;
  for (let index = 0; index < Math.min(count, 64); index++) {
    const sg = list + BigInt(index) * stride(kernel);
    const { page, offset, length } = readEntry(kernel, sg);
    if (page === 0n || length === 0) continue;
    const physical = physicalOfPage(kernel, page) + offset;
    const made = kernel.scene.lists.get(sg)?.[0]?.virtual;
    const virtual = made ?? kernel.hardware.linear(physical);
    if (kernel.port.board.isRam(physical)) kernel.share(kernel.hardware.linear(physical), length);
    const handle = mapStreaming(kernel, { virtual, physical, size: length, direction, attrs: 0n, call: name });
    kernel.writeField(sg, "scatterlist", "dma_address", handle);
    kernel.writeField(sg, "scatterlist", "dma_length", BigInt(length), 4);
    mapped++;
  }
  return mapped;
}

/** The first entry of a struct sg_table and how many there are. */
function table(kernel: Kernel, sgt: bigint): { readonly list: bigint; readonly count: number } {
  return {
    list: kernel.readField(sgt, "sg_table", "sgl").bits,
    count: Number(kernel.readField(sgt, "sg_table", "orig_nents", 4).bits),
  };
}

/** dma_sync_sg_for_*(): by the bus address where the entry has one (kernel/dma/direct.c:394-434). */
function syncList(to: "device" | "cpu"): ModelFunction {
  return (kernel, call) => {
    const list = bits(call, 1);
    const direction = directionOf(bits(call, 3));
    kernel.narrator.driver(
      `${call.name}() passes the entries of ${call.text(1)} to the ${to === "cpu" ? "CPU" : "device"}.`,
      true,
    );
    for (let index = 0; index < Math.min(Number(bits(call, 2)), 64); index++) {
      const sg = list + BigInt(index) * stride(kernel);
      const handle = kernel.readField(sg, "scatterlist", "dma_address").bits;
      const bytes = Number(kernel.readField(sg, "scatterlist", "dma_length", 4).bits);
      const mapping = kernel.scene.mappingOfHandle(handle);
      const buffer = kernel.scene.bufferOfHandle(handle);
      if (mapping !== undefined) mapping.owner = to;
      if (mapping !== undefined) pass(kernel, to, mapping, direction, 0, bytes);
      else if (buffer !== undefined) synchronise(kernel, to, direction, buffer.physical, bytes);
    }
    return zeroValue;
  };
}

const unmapList: ModelFunction = (kernel, call) => {
  unmapEntries(kernel, bits(call, 1), Number(bits(call, 2)), directionOf(bits(call, 3)));
  return zeroValue;
};

export function unmapEntries(kernel: Kernel, list: bigint, count: number, direction: Direction): void {
  for (let index = 0; index < Math.min(count, 64); index++) {
    const sg = list + BigInt(index) * stride(kernel);
    const handle = kernel.readField(sg, "scatterlist", "dma_address").bits;
    const mapping = kernel.scene.mappingOfHandle(handle);
    if (mapping === undefined) continue;
    if (mapping.owner === "device") kernel.completeTransfer(mapping);
    pass(kernel, "cpu", mapping, direction);
    mapping.owner = "cpu";
    mapping.live = false;
  }
}

const listVirtual: ModelFunction = (kernel, call) => {
  const { page, offset } = readEntry(kernel, bits(call, 0));
  return known(kernel.hardware.linear(physicalOfPage(kernel, page) + offset));
};

/** The macros that are used as lvalues: the field that they stand for. */
export const listFields: Readonly<
  Record<string, { readonly record: string; readonly field: string; readonly bytes?: 4 }>
> = {
  sg_dma_address: { record: "scatterlist", field: "dma_address" },
  sg_dma_len: { record: "scatterlist", field: "dma_length", bytes: 4 },
};

const allocTable: ModelFunction = (kernel, call) => {
  const count = Math.min(64, Math.max(1, Number(bits(call, 1))));
  const list = kernel.allocate(count * Number(stride(kernel)), 64);
  kernel.evaluator.space.register(
    list,
    count * Number(stride(kernel)),
    `${call.text(0)}->sgl`,
    "linear",
    "scatterlist",
  );
  kernel.writeField(bits(call, 0), "sg_table", "sgl", list);
  kernel.writeField(bits(call, 0), "sg_table", "nents", BigInt(count), 4);
  kernel.writeField(bits(call, 0), "sg_table", "orig_nents", BigInt(count), 4);
  return initTable(kernel, { ...call, values: [known(list), known(BigInt(count))] });
};

/** dma_map_sg(dev, sg, nents, direction): entries that were mapped, none when there is no room. */
const mapEntries: ModelFunction = (kernel, call) => {
  if (kernel.options.canFail && isToFail(kernel, call)) return orFailure(kernel, call, 0n, 0n);
  const wanted = argument(call, 2);
  kernel.prefer(wanted, (value) => value > 0n, `${call.name}() maps one entry`);
  const count = mapList(kernel, call, bits(call, 1), size(call, 2) || 1, directionOf(bits(call, 3)));
  return kernel.options.canFail ? orFailure(kernel, call, count, 0n) : known(count);
};

/** sg_nents(): the entries up to the first that is empty. */
const entryCount: ModelFunction = (kernel, call) => {
  let count = 0;
  while (count < 64 && readEntry(kernel, bits(call, 0) + BigInt(count) * stride(kernel)).length > 0) count++;
  return known(BigInt(Math.max(1, count)));
};

export const scatterlistFunctions: ModelTable = {
  sg_init_table: initTable,
  sg_alloc_table: allocTable,
  sg_free_table: success,
  sg_mark_end: success,
  sg_init_one: (kernel, call) => {
    initTable(kernel, { ...call, values: [argument(call, 0), known(1n)] });
    return setBuffer(kernel, call);
  },
  sg_set_buf: setBuffer,
  sg_set_page: setPage,
  sg_set_folio: setPage,
  sg_assign_page: (kernel, call) => {
    kernel.writeField(bits(call, 0), "scatterlist", "page_link", argument(call, 1));
    noteEntry(kernel, bits(call, 0), undefined);
    return zeroValue;
  },
  sg_next: (kernel, call) => known(bits(call, 0) + stride(kernel)),
  sg_page: (kernel, call) => known(readEntry(kernel, bits(call, 0)).page),
  sg_virt: listVirtual,
  sg_phys: (kernel, call) => {
    const { page, offset } = readEntry(kernel, bits(call, 0));
    return known(BigInt(physicalOfPage(kernel, page) + offset));
  },
  sg_dma_address: (kernel, call) => kernel.readField(bits(call, 0), "scatterlist", "dma_address"),
  sg_dma_len: (kernel, call) => kernel.readField(bits(call, 0), "scatterlist", "dma_length", 4),
  sg_nents: entryCount,
  sg_nents_for_len: entryCount,
  dma_map_sg: mapEntries,
  dma_map_sg_attrs: mapEntries,
  pci_map_sg: mapEntries,
  dma_map_sgtable: (kernel, call) => {
    const { list, count } = table(kernel, bits(call, 1));
    const mapped = mapList(kernel, call, list, count, directionOf(bits(call, 2)));
    kernel.writeField(bits(call, 1), "sg_table", "nents", mapped, 4);
    return zeroValue;
  },
  dma_unmap_sg: unmapList,
  dma_unmap_sg_attrs: unmapList,
  pci_unmap_sg: unmapList,
  dma_sync_sg_for_device: syncList("device"),
  dma_sync_sg_for_cpu: syncList("cpu"),
  sg_alloc_table_from_pages: (kernel, call) => {
    const first = kernel.evaluator.loadBits(bits(call, 1), kernel.wordBits / 8).bits;
    const result = allocTable(kernel, { ...call, values: [argument(call, 0), known(1n)] });
    const list = kernel.readField(bits(call, 0), "sg_table", "sgl").bits;
    writeEntry(kernel, list, first, bits(call, 4), bits(call, 3));
    noteEntry(kernel, list, undefined);
    return result;
  },
};

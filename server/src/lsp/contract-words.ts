/** The catalogue's roles in sentences, for hovers: what a call gives, what it does and what its arguments must be. */
import type { ApiFunction } from "../host/engine.ts";

type Memory = NonNullable<ApiFunction["memory"]>;
type Handle = NonNullable<ApiFunction["handle"]>;
type Parameter = ApiFunction["parameters"][number];

const memories: Readonly<Record<Memory, string>> = {
  linear: "ordinary kernel memory in the linear map",
  "maybe-vmalloc": "memory that may be vmalloc memory, so it cannot be mapped for DMA by its address",
  vmalloc: "vmalloc memory: its pages are scattered, and it cannot be mapped for DMA by its address",
  vmap: "a mapping of pages in the vmalloc area, which cannot be mapped for DMA by its address",
  kmap: "a temporary mapping of a page, which cannot be mapped for DMA by its address",
  stack: "memory on the stack, which no device may use",
  image: "memory of the kernel's image, which no device may use",
  percpu: "per-processor memory, which cannot be mapped for DMA by its address",
  iomem: "device registers, for readl(), writel() and their kin only",
  memremap: "a mapping of physical memory that may not be RAM",
  sram: "on-chip memory",
  coherent: "coherent memory: device and CPU see each other's stores without cache operations",
  "coherent-wc": "coherent memory with combined stores, slow to read by the CPU",
  cookie: "a cookie, no pointer: the kernel has no mapping of this memory",
  noncoherent: "memory for DMA in the linear map, which has to be synced like a streaming mapping",
  noncontiguous: "a mapping of memory for DMA whose pages are scattered; it has to be flushed and invalidated by hand",
  user: "memory of an application",
};

const handles: Readonly<Record<Handle, string>> = {
  "dma-coherent": "the address by which the device reaches it",
  "dma-pool": "the address by which the device reaches it",
  "dma-streaming": "an address for the device, good until the mapping ends",
  "dma-noncoherent": "the address by which the device reaches it",
  "dma-resource": "an address by which a device reaches another device's registers",
  phys: "a physical address, which is no address for a device",
  pfn: "a page frame number",
  page: "a struct page",
  folio: "a folio",
  "sg-cpu": "a scatterlist that is not mapped for a device yet",
  "sg-mapped": "a scatterlist that is mapped for the device",
  "sg-coherent": "a scatterlist of coherent memory, which must not be mapped again",
  "pgprot-cached": "the protection of a cached mapping",
  "pgprot-uncached": "the protection of an uncached mapping",
  "pgprot-wc": "the protection of an uncached mapping with combined stores",
  "pgprot-device": "the protection of a mapping of device registers",
  "pgprot-right": "the protection that this device's coherent memory needs",
  vma: "a part of an application's address space",
};

const effects: Readonly<Partial<Record<ApiFunction["effect"], string>>> = {
  free: "Gives the memory back.",
  "map-streaming":
    "Gives the memory to the device: until it is unmapped or synced for the CPU, the CPU must leave it alone.",
  "unmap-streaming": "Ends the mapping: the memory belongs to the CPU again.",
  "sync-for-cpu": "Takes the memory back for the CPU and keeps the mapping.",
  "sync-for-device": "Gives the memory to the device again, after the CPU has used it.",
  "map-sg": "Gives the memory of the whole list to the device.",
  "unmap-sg": "Ends the mapping of the list: its memory belongs to the CPU again.",
  "sync-sg-for-cpu": "Takes the memory of the list back for the CPU and keeps the mapping.",
  "sync-sg-for-device": "Gives the memory of the list to the device again, after the CPU has used it.",
  "check-handle": "Tells whether a mapping has failed; nothing else may be used to tell.",
  "map-resource": "Makes another device's registers reachable for the device.",
  "map-user": "Maps memory into an application's address space.",
  "virt-to-page":
    "Computes a page from a pointer with the linear map's arithmetic: right for memory in the linear map only.",
  "virt-to-phys":
    "Computes a physical address with the linear map's arithmetic: right for memory in the linear map only.",
  "vmalloc-to-page": "Looks a page up in the kernel's page tables.",
  "sg-set": "Puts memory into an entry of a scatterlist.",
  "does-dma": "Lets a device work on the buffer, and comes back when it is done.",
  copies: "Copies the buffer, so that it need not be fit for DMA.",
  submit: "Hands a transfer to the device and comes back before it is done.",
  "mmio-read": "Reads a device register.",
  "mmio-write": "Writes a device register.",
  "cpu-access-begin": "Begins an access of the CPU to a shared buffer.",
  "cpu-access-end": "Ends an access of the CPU to a shared buffer.",
  "user-copy": "Copies between the kernel and an application.",
  "set-mask": "Says which addresses the device can reach.",
};

const orders: Readonly<Record<NonNullable<ApiFunction["orders"]>, string>> = {
  nothing: "Orders nothing: accesses to memory may pass it.",
  compiler: "Orders what the compiler does, and nothing that a device sees.",
  smp: "Orders accesses between processors, and nothing that a device sees.",
  "memory-read": "Later reads of memory that a device writes come after it.",
  "memory-write": "Earlier stores to memory that a device reads come before later ones.",
  "memory-full": "Orders all accesses to memory that a device uses.",
  "device-read": "Orders reads of memory and of registers.",
  "device-write": "Orders stores to memory and to registers.",
  "device-full": "Orders all accesses to memory and to registers.",
};

const roles: Readonly<Partial<Record<Parameter["role"], string>>> = {
  device: "the device that does the DMA",
  direction: "the direction, the same in each call about one mapping",
  handle: "the address that the mapping or the allocator returned",
  "handle-out": "where the address for the device is stored",
  vma: "the part of the application's address space that is mapped",
  pgprot: "the protection of the application's mapping",
  pfn: "the page frame number, of a physical address and not of a DMA address",
};

/** Sentences on what the function gives and does, in that order; none where the catalogue says neither. */
export function contractSentences(api: ApiFunction): readonly string[] {
  const sentences: string[] = [];
  const { memory, handle } = api;
  const isOut = api.parameters.some((parameter) => parameter.role === "handle-out");
  if (memory !== undefined) {
    const also = handle !== undefined ? `, and ${isOut ? "stores" : "gives"} ${handles[handle]}` : "";
    sentences.push(`Gives ${memories[memory]}${also}.`);
  } else if (handle !== undefined) sentences.push(`Gives ${handles[handle]}.`);
  const effect = effects[api.effect];
  if (effect !== undefined) sentences.push(effect);
  if (api.orders !== undefined) sentences.push(orders[api.orders]);
  if (api.zeroes === true) sentences.push("The memory comes zeroed.");
  if (api.managed === true) sentences.push("It is freed with the device.");
  return sentences;
}

/** What an argument must be, where the catalogue limits it; else what it is for, where that is not plain from its name. */
export function parameterWords(parameter: Parameter): string | undefined {
  const { accepts } = parameter;
  if (accepts !== undefined && accepts.length > 0) {
    // The list as a whole is told by its first kind where that is ordinary memory: the others are of its make.
    const kinds = accepts.map((kind) => memories[kind].split(/[:,]/)[0] ?? kind);
    return `must be ${kinds.join(", or ")}`;
  }
  return roles[parameter.role];
}

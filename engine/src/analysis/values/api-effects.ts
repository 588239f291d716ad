/**
 * What the catalogue's records mean for values: which result or out-parameter is new memory or a new handle, which calls
 * only change how an address is written, and which hand their argument through.
 */
import type { ApiFunction, HandleKind, MemoryKind, Role } from "../../kernel/contract.ts";
import type { CallStatement, Expression } from "../../program/program.ts";
import type { Conversion } from "../facts.ts";

/** Memory or a handle that a call makes. */
export interface Birth {
  /** "result", "handle", or the field that is filled. */
  readonly slot: string;
  readonly made: MemoryKind | HandleKind;
  /** The argument that points to what is filled; undefined for the result. */
  readonly argument?: number;
  /** The member of the pointed-to struct that is filled. */
  readonly fields?: readonly { readonly record: string; readonly name: string }[];
}

/** ALSA's buffer types (include/sound/memalloc.h:41-57, sound/core/memalloc.c). */
const soundTypes: Readonly<Record<string, { readonly memory: MemoryKind; readonly handle: HandleKind }>> = {
  SNDRV_DMA_TYPE_DEV: { memory: "coherent", handle: "dma-coherent" },
  SNDRV_DMA_TYPE_DEV_WC: { memory: "coherent-wc", handle: "dma-coherent" },
  // Falls back to DEV where the device has no pool (memalloc.c, snd_dma_iram_alloc).
  SNDRV_DMA_TYPE_DEV_IRAM: { memory: "coherent", handle: "dma-coherent" },
  SNDRV_DMA_TYPE_CONTINUOUS: { memory: "linear", handle: "phys" },
  SNDRV_DMA_TYPE_VMALLOC: { memory: "vmalloc", handle: "dma-noncoherent" },
  SNDRV_DMA_TYPE_DEV_SG: { memory: "noncontiguous", handle: "dma-noncoherent" },
  SNDRV_DMA_TYPE_DEV_WC_SG: { memory: "noncontiguous", handle: "dma-noncoherent" },
  SNDRV_DMA_TYPE_NONCONTIG: { memory: "noncontiguous", handle: "dma-noncoherent" },
  SNDRV_DMA_TYPE_NONCOHERENT: { memory: "noncoherent", handle: "dma-noncoherent" },
};

/** The kinds of an ALSA buffer by the symbol of its type; undefined when the type is not a plain symbol. */
export function soundBufferKinds(
  type: Expression | undefined,
): { readonly memory: MemoryKind; readonly handle: HandleKind } | undefined {
  const name = type && symbolName(type);
  return name === undefined ? undefined : soundTypes[name];
}

export function symbolName(expression: Expression): string | undefined {
  let at = expression;
  while (at.kind === "cast") at = at.operand;
  if (at.kind === "symbol") return at.name;
  return at.kind === "constant" ? at.name : undefined;
}

/** Everything that a call makes. */
export function bornOf(api: ApiFunction, call: CallStatement): readonly Birth[] {
  if (api.lands) return landingBirths(api, api.lands, call);
  const births: Birth[] = [];
  const out = api.parameters.findIndex((one) => one.role === "handle-out");
  const memory = memoryOf(api, call);
  if (memory && makesMemory(api)) births.push({ slot: "result", made: memory });
  if (api.handle) {
    // The bus address of on-chip SRAM is its physical address.
    if (out >= 0) births.push({ slot: "handle", made: api.memory === "sram" ? "phys" : api.handle, argument: out });
    else if (births.length === 0 && api.returns !== "void" && makesHandle(api))
      births.push({ slot: "result", made: api.handle });
  }
  return births;
}

function makesMemory(api: ApiFunction): boolean {
  return api.returns !== "void" && !api.returns.startsWith("int") && apiConversion(api) === undefined;
}

function makesHandle(api: ApiFunction): boolean {
  return (
    apiConversion(api) === undefined &&
    (["allocate", "map-streaming", "map-resource", "pgprot", "query", "accessor", "none"].includes(api.effect) ||
      // A mapped table that the call made; dma_map_sg() returns a count.
      (api.effect === "map-sg" && api.returns.endsWith("*")))
  );
}

/** An argument may decide what the memory is: the attributes of dma_alloc_attrs(), the type of an ALSA buffer. */
function memoryOf(api: ApiFunction, call: CallStatement): MemoryKind | undefined {
  const by = api.memoryBy;
  const argument = by && call.arguments[by.parameter];
  if (!argument) return api.memory;
  const names = new Set<string>();
  collectSymbols(argument, names);
  for (const [name, kind] of Object.entries(by.kinds)) if (names.has(name)) return kind;
  return api.memory;
}

function collectSymbols(expression: Expression, into: Set<string>): void {
  const name = symbolName(expression);
  if (name !== undefined) into.add(name);
  if (expression.kind === "binary") {
    collectSymbols(expression.left, into);
    collectSymbols(expression.right, into);
  } else if (expression.kind === "cast") collectSymbols(expression.operand, into);
}

/** Memory that lands in a struct: the one that an argument points to, or the one that the call returns. */
function landingBirths(
  api: ApiFunction,
  lands: NonNullable<ApiFunction["lands"]>,
  call: CallStatement,
): readonly Birth[] {
  const memory = memoryOf(api, call);
  if (!memory) return [];
  const handle = handleBeside(memory);
  const at = api.parameters.findIndex((one) => one.type?.includes(`struct ${lands.record} *`) ?? false);
  // PCM buffers land in every substream's runtime, which no argument names: see sound-buffers.ts.
  if (at < 0 && !api.returns.includes(lands.record)) return [];
  const where = at >= 0 ? { argument: at } : {};
  const fields = (name: string): NonNullable<Birth["fields"]> => [{ record: lands.record, name }];
  return [
    { slot: lands.cpu, made: memory, ...where, fields: fields(lands.cpu) },
    ...(lands.handle === undefined || !handle
      ? []
      : [{ slot: lands.handle, made: handle, ...where, fields: fields(lands.handle) }]),
  ];
}

/** What the address of an ALSA buffer is, by the kind of its memory (sound/core/memalloc.c). */
function handleBeside(memory: MemoryKind): HandleKind | undefined {
  if (memory === "coherent" || memory === "coherent-wc") return "dma-coherent";
  return memory === "linear" || memory === "sram" ? "phys" : "dma-noncoherent";
}

const conversions: Partial<Record<ApiFunction["effect"], readonly [Conversion, readonly Role[]]>> = {
  "virt-to-page": ["page", ["cpu", "address", "data"]],
  "virt-to-phys": ["phys", ["cpu", "address", "data"]],
  "vmalloc-to-page": ["vmalloc-page", ["cpu", "address"]],
  "page-to-pfn": ["pfn", ["page"]],
  "page-to-phys": ["phys", ["page"]],
  "page-to-virt": ["virt", ["page"]],
  "phys-to-virt": ["virt", ["phys", "handle", "address"]],
  "pfn-to-page": ["page", ["pfn", "phys"]],
};

/** How a call rewrites an address, and which argument it rewrites; undefined for all other calls. */
export function apiConversion(
  api: ApiFunction,
): { readonly conversion: Conversion; readonly argument: number } | undefined {
  const named = namedConversions[api.name];
  if (named)
    return { conversion: named, argument: api.name === "dma_to_phys" || api.name === "iommu_iova_to_phys" ? 1 : 0 };
  const found = conversions[api.effect];
  if (!found) return undefined;
  const [conversion, roles] = found;
  const argument = api.parameters.findIndex((one) => roles.includes(one.role));
  return { conversion, argument: Math.max(argument, 0) };
}

/** Where the effect alone does not tell: what is shifted, and the bus addresses of old. */
const namedConversions: Readonly<Record<string, Conversion>> = {
  virt_to_pfn: "pfn",
  // The frame behind a handle, rightly computed, by means that belong to the DMA core.
  dma_to_phys: "frame",
  iommu_iova_to_phys: "frame",
  virt_to_bus: "bus",
  isa_virt_to_bus: "bus",
  PFN_DOWN: "shift",
  PHYS_PFN: "shift",
  PFN_PHYS: "unshift",
  vmalloc_to_pfn: "vmalloc-page",
  offset_in_page: "arithmetic",
};

/** Calls whose result is their argument as far as memory is concerned, by the argument's place. */
const through: Readonly<Record<string, number>> = {
  PTR_ALIGN: 0,
  PTR_ALIGN_DOWN: 0,
  ALIGN: 0,
  PAGE_ALIGN: 0,
  READ_ONCE: 0,
  rcu_dereference: 0,
  rcu_dereference_protected: 0,
  rcu_dereference_raw: 0,
  rcu_access_pointer: 0,
  no_free_ptr: 0,
  return_ptr: 0,
  kasan_reset_tag: 0,
  __pfn_to_pfn_t: 0,
  pfn_to_pfn_t: 0,
  phys_to_pfn_t: 0,
  lower_32_bits: 0,
  cpu_to_le32: 0,
  cpu_to_le64: 0,
  cpu_to_be32: 0,
  cpu_to_be64: 0,
  le32_to_cpu: 0,
  le64_to_cpu: 0,
  be32_to_cpu: 0,
  be64_to_cpu: 0,
  pgprot_decrypted: 0,
  pgprot_encrypted: 0,
  pgprot_modify: 0,
  uintptr_t: 0,
};

export function passesThrough(name: string): number | undefined {
  if (Object.hasOwn(through, name)) return through[name];
  // Drivers and buses have aligning macros of their own: DBDMA_ALIGN(), arch/powerpc/include/asm/dbdma.h:107, linux 6.12.117.
  return aligning.test(name) ? 0 : undefined;
}
const aligning = /^(?!IS_)[A-Z][A-Z0-9_]*_ALIGN(_UP|_DOWN)?$/;

/** The place that smp_store_release(p, v) stores to; undefined for every other call (include/asm-generic/barrier.h:172, linux 6.12.117). */
export function releasedTo(api: ApiFunction, call: CallStatement): Expression | undefined {
  return api.name === "smp_store_release" ? call.arguments[0] : undefined;
}

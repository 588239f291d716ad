/**
 * Memory layout: sizes and offsets of types for a platform's word. Records that the unit declares are laid out as C does
 * (natural alignment); records that only unseen headers declare have no offsets here: their fields live in the object space
 * under (address, field name), and their size is a table's or an assumption.
 */
import type { RecordDefinition, Type } from "../program/types.ts";

export interface Layout {
  readonly wordBits: 32 | 64;
  readonly size: number;
  readonly alignment: number;
}

export interface Field {
  readonly offset: number;
  readonly type: Type;
  readonly size: number;
}

/** Sizes in bytes of kernel structures on 64-bit and 32-bit (6.12, no debug options): they only place neighbours in a line. */
const knownSizes: Readonly<Record<string, readonly [number, number]>> = {
  scatterlist: [32, 20],
  sg_table: [16, 12],
  list_head: [16, 8],
  hlist_node: [16, 8],
  hlist_head: [8, 4],
  spinlock: [4, 4],
  mutex: [32, 20],
  completion: [32, 16],
  work_struct: [32, 16],
  delayed_work: [88, 44],
  timer_list: [40, 20],
  tasklet_struct: [40, 24],
  wait_queue_head: [24, 12],
  kref: [4, 4],
  atomic_t: [4, 4],
  snd_dma_buffer: [48, 32],
  vm_area_struct: [192, 104],
  usb_ctrlrequest: [8, 8],
};
const knownOpaque: Readonly<Record<string, readonly [number, number]>> = {
  spinlock_t: [4, 4],
  raw_spinlock_t: [4, 4],
  wait_queue_head_t: [24, 12],
  atomic_t: [4, 4],
  atomic64_t: [8, 8],
  refcount_t: [4, 4],
  irqreturn_t: [4, 4],
  pgprot_t: [8, 4],
  gfp_t: [4, 4],
  size_t: [8, 4],
  loff_t: [8, 8],
};
/** The file that program/core-records.ts gives the kernel's own structures. */
const partialFile = "<kernel>";
/** Assumed size of a record whose declaration is not visible, embedded or allocated. */
export const assumedRecordSize = 64;

export class Layouts {
  readonly wordBits: 32 | 64;
  readonly wordBytes: number;
  readonly #records: ReadonlyMap<string, RecordDefinition>;
  readonly #cache = new Map<string, { size: number; alignment: number; fields: Map<string, Field> }>();

  constructor(records: ReadonlyMap<string, RecordDefinition>, wordBits: 32 | 64) {
    this.#records = records;
    this.wordBits = wordBits;
    this.wordBytes = wordBits / 8;
  }

  /** Whether the record's fields have offsets. The kernel's own structures are known only in part, so theirs have none. */
  isDeclared(record: string | undefined): boolean {
    const definition = record === undefined ? undefined : this.#records.get(record);
    return definition !== undefined && definition.file !== partialFile;
  }

  /** The type of a field of a structure that is known only in part. */
  partialType(record: string | undefined, field: string): Type | undefined {
    const definition = record === undefined ? undefined : this.#records.get(record);
    return definition?.fields.find((candidate) => candidate.name === field)?.type;
  }

  field(record: string | undefined, name: string): Field | undefined {
    return record === undefined ? undefined : this.#record(record, 0)?.fields.get(name);
  }

  fieldsOf(record: string): Iterable<[string, Field]> {
    return this.#record(record, 0)?.fields ?? [];
  }

  sizeOf(type: Type): number {
    return this.#measure(type, 0).size;
  }

  #measure(type: Type, depth: number): { size: number; alignment: number } {
    if (depth > 24) return { size: this.wordBytes, alignment: this.wordBytes };
    const column = this.wordBits === 64 ? 0 : 1;
    switch (type.kind) {
      case "integer": {
        const bytes = typeof type.bits === "number" ? (type.bits === 1 ? 1 : type.bits / 8) : this.wordBytes;
        return { size: bytes, alignment: bytes };
      }
      case "pointer":
      case "function":
        return { size: this.wordBytes, alignment: this.wordBytes };
      case "array": {
        const element = this.#measure(type.element, depth + 1);
        return { size: element.size * Math.min(type.length ?? 0, 1 << 24), alignment: element.alignment };
      }
      case "record": {
        const declared = this.#record(type.name, depth + 1);
        if (declared !== undefined) return declared;
        const size = knownSizes[type.name]?.[column] ?? assumedRecordSize;
        return { size, alignment: Math.min(this.wordBytes, size) };
      }
      case "opaque": {
        const size = knownOpaque[type.name]?.[column] ?? this.wordBytes;
        return { size, alignment: Math.min(this.wordBytes, size) };
      }
      case "void":
        return { size: 1, alignment: 1 };
      case "unknown":
        return { size: this.wordBytes, alignment: this.wordBytes };
    }
  }

  #record(name: string, depth: number): { size: number; alignment: number; fields: Map<string, Field> } | undefined {
    const cached = this.#cache.get(name);
    if (cached !== undefined) return cached;
    const definition = this.#records.get(name);
    if (definition === undefined || definition.file === partialFile || depth > 24) return undefined;
    const fields = new Map<string, Field>();
    const result = { size: 0, alignment: 1, fields };
    // Registered before it is filled: a record that holds itself (by a mistake in the text) then has size 0 inside itself.
    this.#cache.set(name, result);
    let offset = 0;
    let size = 0;
    for (const field of definition.fields) {
      const measured = this.#measure(field.type, depth + 1);
      const alignment = Math.max(measured.alignment, annotatedAlignment(field.annotations));
      const at = definition.tag === "union" ? 0 : Math.ceil(offset / alignment) * alignment;
      if (!fields.has(field.name)) fields.set(field.name, { offset: at, type: field.type, size: measured.size });
      offset = at + measured.size;
      size = Math.max(size, offset);
      result.alignment = Math.max(result.alignment, alignment);
    }
    result.size = Math.ceil(size / result.alignment) * result.alignment;
    return result;
  }
}

/** `____cacheline_aligned`, `__aligned(n)`: bytes, or 1. The cache line is taken as 64, the largest of the simulated machines. */
function annotatedAlignment(annotations: readonly string[]): number {
  let alignment = 1;
  for (const text of annotations) {
    if (/cacheline_aligned|DMA_MINALIGN|SMP_CACHE_BYTES|L1_CACHE_BYTES/.test(text)) alignment = Math.max(alignment, 64);
    const number = /aligned\D*(\d+)/.exec(text)?.[1];
    if (number !== undefined) alignment = Math.max(alignment, Math.min(Number(number), 4096));
  }
  return 2 ** Math.ceil(Math.log2(Math.max(1, alignment)));
}

/**
 * Which members of a struct lie around one of them in memory, and how far away, as far as the types tell.
 * Sizes are those of a 64-bit kernel without debug options (linux 6.12.117); what no declaration in the unit shows has no size, and
 * what lies behind it has no offset. Nothing is guessed.
 */
import type { RecordDefinition, RecordField, Type } from "../../program/types.ts";

/** A member on the way to another: `record` names the struct that declares it. */
export interface MemberStep {
  readonly record: string;
  readonly name: string;
}

export interface LaidMember {
  readonly record: string;
  readonly field: RecordField;
  /** Bytes from the start of the outermost struct; undefined behind something of unknown size. */
  readonly offset: number | undefined;
  /** Bytes; undefined where the declaration is not visible. */
  readonly size: number | undefined;
  /** Whether an annotation puts its first byte on the boundary of a cache line. */
  readonly ownLine: boolean;
}

export interface Surroundings {
  /** In order of their addresses; structs on the way to the member are opened, others are one member. */
  readonly members: readonly LaidMember[];
  /** The place of the member in them. */
  readonly at: number;
}

/**
 * The line that neighbours are looked for in: that of Cortex-A and most RISC-V cores. ARCH_DMA_MINALIGN, what drivers must align to,
 * is 128 on arm64 (arch/arm64/include/asm/cache.h) and 64 on riscv; 64 never makes two members share that do not share with 128.
 */
export const lineBytes = 64;

const wordBytes = 8;
const deepest = 16;

/** Bytes on 64-bit, no debug options. */
const sizes: Readonly<Record<string, number>> = {
  spinlock_t: 4,
  raw_spinlock_t: 4,
  rwlock_t: 8,
  mutex: 32,
  rw_semaphore: 40,
  semaphore: 24,
  completion: 32,
  work_struct: 32,
  delayed_work: 88,
  timer_list: 40,
  tasklet_struct: 40,
  wait_queue_head_t: 24,
  wait_queue_head: 24,
  list_head: 16,
  hlist_head: 8,
  hlist_node: 16,
  atomic_t: 4,
  atomic64_t: 8,
  atomic_long_t: 8,
  refcount_t: 4,
  kref: 4,
  sk_buff_head: 24,
  scatterlist: 32,
  sg_table: 16,
  usb_ctrlrequest: 8,
  size_t: 8,
  ssize_t: 8,
  loff_t: 8,
  ktime_t: 8,
  gfp_t: 4,
  __be16: 2,
  __le16: 2,
  __be32: 4,
  __le32: 4,
  __be64: 8,
  __le64: 8,
};

/** The file that program/core-records.ts gives the kernel's own structures: they are known only in part. */
const partialFile = "<kernel>";

/** The members around the one that the steps lead to; undefined where a struct on the way is not declared in the unit. */
export function surroundings(
  records: ReadonlyMap<string, RecordDefinition>,
  path: readonly MemberStep[],
): Surroundings | undefined {
  const members: LaidMember[] = [];
  let at = -1;
  let cursor: number | undefined = 0;
  let bitsLeft = 0;
  const lay = (name: string, depth: number): boolean => {
    const record = records.get(name);
    if (!record || record.file === partialFile || record.tag === "union" || depth >= deepest) return false;
    let overlay: number | undefined;
    let lineEnded = false;
    for (const field of record.fields) {
      const step = path[depth];
      const onPath = step !== undefined && step.record === name && step.name === field.name && at < 0;
      const { size, alignment } = measure(records, field.type, 0);
      const annotated = alignmentOf(field.annotations);
      if (field.bits !== undefined && bitsLeft >= field.bits && field.bits > 0) {
        bitsLeft -= field.bits;
        members.push({ record: name, field, offset: undefined, size: 0, ownLine: false });
        continue;
      }
      bitsLeft = field.bits === undefined || size === undefined ? 0 : size * 8 - field.bits;
      const ownLine: boolean = annotated >= lineBytes || (alignment ?? 1) >= lineBytes || lineEnded;
      // The size of a type is a multiple of its alignment: behind such a member a line begins.
      lineEnded = (alignment ?? 1) >= lineBytes;
      const boundary = Math.max(annotated, alignment ?? 1);
      if (field.overlay !== undefined && field.overlay === overlay) {
        // It lies over the first of its union: the end is wherever the longest of them ends.
        const before = members.at(-1)?.offset;
        cursor = undefined;
        if (onPath && path.length === depth + 1) at = members.length;
        members.push({ record: name, field, offset: before, size, ownLine });
        continue;
      }
      overlay = field.overlay;
      if (cursor !== undefined) cursor = alignment === undefined ? undefined : Math.ceil(cursor / boundary) * boundary;
      if (onPath && path.length > depth + 1) {
        const opened = members.length;
        if (field.type.kind !== "record" || field.type.tag === "union" || !lay(field.type.name, depth + 1))
          return false;
        // The alignment of a struct is that of its first member.
        const inside = members[opened];
        if (ownLine && inside) members[opened] = { ...inside, ownLine };
        if (cursor !== undefined && alignment !== undefined) cursor = Math.ceil(cursor / alignment) * alignment;
        continue;
      }
      if (onPath) at = members.length;
      members.push({ record: name, field, offset: cursor, size, ownLine });
      if (cursor !== undefined) cursor = size === undefined ? undefined : cursor + size;
    }
    return true;
  };
  const first = path[0];
  return first && lay(first.record, 0) && at >= 0 ? { members, at } : undefined;
}

/** Bytes of a type, where the unit shows all of it. */
export function sizeOf(records: ReadonlyMap<string, RecordDefinition>, type: Type): number | undefined {
  return measure(records, type, 0).size;
}

interface Measured {
  readonly size: number | undefined;
  readonly alignment: number | undefined;
}
const unmeasured: Measured = { size: undefined, alignment: undefined };

function measure(records: ReadonlyMap<string, RecordDefinition>, type: Type, depth: number): Measured {
  if (depth > deepest) return unmeasured;
  switch (type.kind) {
    case "integer": {
      const bytes = typeof type.bits === "number" ? Math.max(1, type.bits / 8) : wordBytes;
      return { size: bytes, alignment: bytes };
    }
    case "pointer":
      return { size: wordBytes, alignment: wordBytes };
    case "array": {
      const element = measure(records, type.element, depth + 1);
      const size = element.size === undefined || type.length === undefined ? undefined : element.size * type.length;
      return { size, alignment: element.alignment };
    }
    case "opaque":
      return named(type.name);
    case "record":
      return ofRecord(records, type.name, depth + 1);
    case "void":
    case "function":
    case "unknown":
      return unmeasured;
  }
}

function named(name: string): Measured {
  const size = Object.hasOwn(sizes, name) ? sizes[name] : undefined;
  return size === undefined ? unmeasured : { size, alignment: Math.min(wordBytes, size & -size) };
}

function ofRecord(records: ReadonlyMap<string, RecordDefinition>, name: string, depth: number): Measured {
  const record = records.get(name);
  if (!record || record.file === partialFile) return named(name);
  let end: number | undefined = 0;
  let longest: number | undefined = 0;
  // What is not visible is aligned to a word at most; where it wants a line, its size is unknown all the same.
  let alignment = alignmentOf(record.annotations ?? []);
  for (const field of record.fields) {
    const inner = measure(records, field.type, depth + 1);
    const own = Math.max(alignmentOf(field.annotations), inner.alignment ?? 1);
    // Of unnamed unions and bit-fields inside only the alignment is told.
    if (field.overlay !== undefined || field.bits !== undefined || inner.size === undefined) end = longest = undefined;
    else if (end !== undefined) {
      end = (record.tag === "union" ? 0 : Math.ceil(end / own) * own) + inner.size;
      longest = Math.max(longest ?? 0, end);
    }
    alignment = Math.max(alignment, own, inner.alignment ?? wordBytes);
  }
  return { size: longest === undefined ? undefined : Math.ceil(longest / alignment) * alignment, alignment };
}

/**
 * Bytes that annotations align to. A macro of unknown value counts as a whole line: the author asked for something, and nothing is
 * said against an alignment that is not known to be too small.
 */
function alignmentOf(annotations: readonly string[]): number {
  let most = 1;
  for (const text of annotations) {
    const spelled = /aligned(?:__)?\s*\((?:\s*\()?\s*([^()]*(?:\([^()]*\))?)/.exec(text)?.[1]?.trim();
    if (/cacheline(_internode)?_?aligned|dma_from_device_aligned/.test(text)) most = Math.max(most, 128);
    else if (spelled !== undefined && spelled !== "") most = Math.max(most, alignmentNamed(spelled));
  }
  return most;
}

function alignmentNamed(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  if (/^(sizeof|__alignof__|alignof)/.test(text)) return wordBytes;
  return 128;
}

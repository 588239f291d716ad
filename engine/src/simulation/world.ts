/**
 * What the interpreter needs from the machine and the kernel model, and what steers a run. The interpreter knows neither
 * caches nor the kernel's API: a load either hits memory that only the driver sees, or goes to the machine.
 */
import type { CallStatement, ProgramFunction } from "../program/program.ts";
import type { Type } from "../program/types.ts";
import type { FileSpan } from "../text/span.ts";
import type { Value } from "./value.ts";

export interface World {
  readonly wordBits: 32 | 64;
  readonly bigEndian: boolean;
  /** Linear memory of the kernel. */
  allocate(bytes: number, alignment: number): bigint;
  /** The running thread's stack: lowest address and size in bytes. */
  readonly stack: { readonly base: bigint; readonly size: number };
  /** Whether the bytes are on the machine, because a device or a user sees them too. */
  isShared(address: bigint, size: number): boolean;
  load(address: bigint, size: number): Value;
  store(address: bigint, size: number, value: Value): void;
  /** A macro or enumerator that kernel headers define. */
  constant(name: string): bigint | undefined;
  /** The type of a field of a kernel structure, where the model knows it. */
  fieldType(record: string | undefined, field: string): Type | undefined;
  /** Called before the first read of a field that nothing has written: the model may write it. */
  prepareField(owner: bigint, record: string | undefined, field: string): void;
  /** Where an object of that record lies, if not anywhere in linear memory: a struct page is in the memory map, and stands for a frame. */
  place(record: string): bigint | undefined;
  /** Called when an object of a kernel structure's type comes to be because the code uses it. */
  prepareObject(base: bigint, record: string): void;
  /** The kernel's function; undefined when the model has none of that name. */
  call(call: KernelCall): Value | undefined;
  /** The field that a macro stands for when it is assigned to. */
  lvalue(name: string, values: readonly Value[]): { readonly address: bigint; readonly type: Type } | undefined;
  /** Rounds of a macro loop that the model knows: each assigns the places in order; undefined when it does not know it. */
  iterate(macro: string, values: readonly Value[]): readonly (readonly Value[])[] | undefined;
  /** The statement that runs now: what the machine does next belongs to it. */
  at(source: FileSpan, fn: ProgramFunction): void;
}

export interface KernelCall {
  readonly name: string;
  readonly values: readonly Value[];
  readonly statement: CallStatement;
  readonly function: ProgramFunction;
  /** Text of an argument as the source has it. */
  text(index: number): string;
  /** Type of an argument. */
  type(index: number): Type;
}

/** Virtual addresses; the end is not included. */
export interface ByteRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** Memory that is shared with a device or a user: physical address and size in bytes. */
export interface NamedMemory {
  readonly name: string;
  readonly kind: string;
  readonly at: number;
  readonly size: number;
}

/** A stretch of a mapping, in bytes from its start. */
export interface GivenBytes {
  readonly mapping: string;
  readonly offset: number;
  readonly size: number;
}

/** What a run found out that the next attempt must know from its start. Lives over attempts. */
export class Plan {
  /** Choices for inputs. "object" means a pointer to something. */
  readonly inputs = new Map<string, bigint | "object">();
  /** Open decisions that go another way than the inputs say by themselves, and those that were tried so from where the run is stuck. */
  readonly flips = new Map<string, boolean>();
  readonly tried = new Set<string>();
  /** Loops that were ended sooner, because the way to the path leads out of them. */
  readonly shortened = new Set<string>();
  /** Places that runs were stuck at, the latest last, and what had brought the first run there. */
  readonly stuck = new Set<string>();
  kept: { readonly flips: ReadonlyMap<string, boolean>; readonly inputs: ReadonlyMap<string, bigint | "object"> } = {
    flips: new Map(),
    inputs: new Map(),
  };
  /** Stretches that a device or a user will see: they live on the machine from their birth. */
  readonly shared: ByteRange[] = [];
  /** Bytes that the finding's statement touches, in memory that is mapped for the device at some time of the run. */
  readonly touches: ByteRange[] = [];
  /** Bytes of a mapped buffer in which the run must find other contents from an earlier use, to tell a late store from them. */
  readonly leftovers: ByteRange[] = [];
  /** Bytes that the code has read from memory which the device writes, by the input's name: where the device has to write what is planned for it. */
  readonly given = new Map<string, GivenBytes>();
  /** Memory that the last attempt gave a name, by id: from the run's start on the trace calls it so. */
  readonly names = new Map<string, NamedMemory>();
  /** The kernel's stack is used by more than the CPU's plain accesses, so it is mapped on the machine. */
  stackOnMachine = false;
  /** Statements that all attempts together have executed. */
  spent = 0;
  attempts = 0;
}

/** Ends an attempt: the plan has changed and the run begins anew. Never leaves simulation/. */
export class Restart extends Error {}

/** Ends a run that came to its end but has nothing to show: the reason is a whole sentence. Never leaves simulation/. */
export class NothingToShow extends Error {}

/** Ends a run for good with the reason in words. Never leaves simulation/. */
export class Stop extends Error {}

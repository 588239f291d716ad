/**
 * The trace of one simulated run: plain JSON, the same in the panel, on the command line and in an exported file.
 * The view replays events and computes nothing about caches: whatever it shows is in an event.
 * Numbers that are addresses are strings of hexadecimal digits with 0x ("0xc0001000"), so that 64-bit values survive JSON.
 */
export interface Trace {
  readonly version: 1;
  /** "dma-lens 0.1.0" */
  readonly tool: string;
  /** One line: what is shown. */
  readonly title: string;
  readonly rule?: string;
  /** The finding's fingerprint, when the trace proves one. */
  readonly finding?: string;
  readonly platform: TracePlatform;
  /** Replays this very run: see simulation/schedule. */
  readonly schedule: string;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  /** The source files that the steps point into. */
  readonly sources: readonly TraceSource[];
  /** Named memory that the steps touch, in the order they came to be. */
  readonly objects: readonly TraceObject[];
  readonly events: readonly TraceEvent[];
}

/** Whether a run can go wrong on a platform: under no schedule, under some, under all; or it could not be told. */
export type Verdict = "never" | "sometimes" | "always" | "unknown";

/** How this run ended. */
export type Outcome =
  | { readonly kind: "fine"; readonly sentence: string }
  | {
      readonly kind: "harm";
      readonly harm: HarmKind;
      readonly sentence: string /** Index into events. */;
      readonly event: number;
    };
export type HarmKind = "stale-read" | "lost-write" | "wrong-page" | "fault";

export interface TracePlatform {
  readonly id: string;
  readonly title: string;
  readonly coherent: boolean;
  /** Bytes. */
  readonly lineBytes: number;
  readonly granuleBytes: number;
  readonly ways: number;
  readonly sets: number;
  /** "VIVT", "VIPT-aliasing", "VIPT-nonaliasing", "PIPT". */
  readonly indexing: string;
  readonly pageBytes: number;
  /** Facts for the panel's head, each with its source and whether it is inferred. */
  readonly facts: readonly { readonly text: string; readonly source: string; readonly inferred: boolean }[];
}

export interface TraceSource {
  readonly file: string;
  /** First line that `lines` holds, counted from 1. */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

export interface TraceObject {
  readonly id: string;
  /** As the source calls it: "buf->cpu", "runtime->dma_area"; or "page of another owner". */
  readonly name: string;
  readonly kind: string;
  readonly physical: string;
  /** Bytes. */
  readonly size: number;
}

/** A stretch of source: lines and columns from 1. */
export interface TraceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Who acts. `environment` is the machine itself: evictions, speculative fills, drains. */
export type Agent = "cpu" | "device" | "user" | "environment";

/** What each event has. `step` groups the events of one source step: the panel steps from one to the next. */
interface EventBase {
  /** Counts from 0; equal for all events of one step. */
  readonly step: number;
  readonly agent: Agent;
  /** One sentence with a capital and a full stop, for people and for screen readers. */
  readonly sentence: string;
}

/** Where a load got its bytes from. */
export type Supplier = "cache" | "memory" | "write-buffer" | "device";

export type TraceEvent = EventBase &
  /** Begins a step. `source` is absent for device, user and environment steps that no line of the file stands for. */
  (
    | { readonly kind: "step"; readonly source?: TraceRange; readonly code?: string; readonly function?: string }
    /** A page mapping came to be, changed or went. `before`/`after` absent: it did not, or does no longer, exist. */
    | { readonly kind: "mapping"; readonly id: string; readonly before?: Mapping; readonly after?: Mapping }
    /** The cache line's state changed: fill, store, clean, invalidate, evict. */
    | {
        readonly kind: "line";
        readonly action:
          | "fill"
          | "speculative-fill"
          | "store"
          | "clean"
          | "invalidate"
          | "clean-invalidate"
          | "evict"
          | "write-back"
          /** The line itself is as before; newer bytes came to be elsewhere, or are no longer newer. */
          | "staleness";
        readonly set: number;
        readonly way: number;
        readonly before?: CacheLine;
        readonly after?: CacheLine;
      }
    /** Bytes of RAM changed. */
    | {
        readonly kind: "memory";
        readonly physical: string;
        readonly before: Bytes;
        readonly after: Bytes;
        readonly writer: "cpu" | "device" | "write-back" | "bounce" | "zeroing";
      }
    /** A load; `expected` is the newest value that the API's contract promises, where that is not what was read. */
    | {
        readonly kind: "load";
        readonly virtual?: string;
        readonly physical: string;
        readonly value: Bytes;
        readonly expected?: Bytes;
        readonly stale: boolean;
        readonly supplier: Supplier;
        readonly object?: string;
      }
    | {
        readonly kind: "store";
        readonly virtual?: string;
        readonly physical: string;
        readonly value: Bytes;
        readonly into: "cache" | "memory" | "write-buffer";
        readonly object?: string;
      }
    /** An entry of the write buffer came or went. */
    | { readonly kind: "buffer"; readonly action: "push" | "drain"; readonly physical: string; readonly value: Bytes }
    /** A streaming mapping: ownership passes. */
    | {
        readonly kind: "ownership";
        readonly handle: string;
        readonly physical: string;
        readonly size: number;
        readonly direction: "to-device" | "from-device" | "bidirectional";
        readonly owner: "cpu" | "device";
        readonly call: string;
      }
    /** The device's registers or its view changed: doorbell, bus address programmed, interrupt. */
    | {
        readonly kind: "device";
        readonly action: "program" | "doorbell" | "interrupt";
        readonly register?: string;
        readonly value?: string;
      }
    /** A variable of the driver got a value that matters for the story: a handle, a page, a pointer. */
    | { readonly kind: "value"; readonly name: string; readonly value: string }
    | { readonly kind: "fault"; readonly reason: string; readonly address?: string }
    /** The run's harm: which bytes, what was expected, what came. */
    | {
        readonly kind: "harm";
        readonly harm: HarmKind;
        readonly physical: string;
        readonly expected: Bytes;
        readonly got: Bytes;
      }
    | { readonly kind: "note" }
  );

/** Bytes as two hexadecimal digits each, lowest address first: "11223344". */
export type Bytes = string;

export interface Mapping {
  readonly name: string;
  readonly space: "kernel" | "user" | "device";
  readonly virtual: string;
  readonly physical: string;
  /** Bytes. */
  readonly size: number;
  readonly attribute: "write-back" | "write-through" | "uncached" | "write-combine" | "device";
  /** How it came: "linear map", "dma_alloc_coherent (remapped)", "remap_pfn_range". */
  readonly origin: string;
}

export interface CacheLine {
  readonly physical: string;
  /** The virtual address that indexes it, where the index or tag is virtual. */
  readonly virtual?: string;
  readonly data: Bytes;
  /** One flag per dirty granule. */
  readonly dirty: readonly boolean[];
  /** One flag per byte: differs from the newest value. Empty when none does. */
  readonly stale: readonly boolean[];
  /** Colour of the line's page where virtual colours exist. */
  readonly colour?: number;
}

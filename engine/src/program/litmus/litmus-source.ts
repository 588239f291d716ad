/**
 * A litmus test as it was read from its file: agents side by side on a few words of memory, and the outcome that would be bad.
 * Plain data. Numbers are unsigned and have 32 bits.
 */
import type { Span } from "../../text/span.ts";

/** Who acts: the kernel on the processor, a user program on the same processor, the device by DMA. */
export type LitmusAgentName = "cpu" | "user" | "device";

export interface LitmusSource {
  /** As the host named it. */
  readonly file: string;
  readonly text: string;
  /** The file's name without folders and ending: "TXlate". */
  readonly name: string;
  /** The comment at the top of the file, in one line. */
  readonly about: string;
  readonly locations: readonly LitmusLocation[];
  /** What `bad` looks at, and what tells outcomes apart; in the order of the file. */
  readonly registers: readonly LitmusRegister[];
  readonly agents: readonly LitmusAgent[];
  readonly bad: LitmusExpression;
  /** Undefined where the file expects nothing. */
  readonly expected: LitmusExpectation | undefined;
}

/** Four bytes that start as 0. */
export interface LitmusLocation {
  readonly name: string;
  /** Locations of one number share a cache line on every machine. */
  readonly line: number;
  /** Bytes from the line's first one. */
  readonly offset: number;
  /** "coherent": from dma_alloc_coherent(); else memory of the kernel's linear map. */
  readonly memory: "ordinary" | "coherent";
}

export interface LitmusRegister {
  readonly name: string;
  readonly initial: number;
}

export interface LitmusAgent {
  readonly name: LitmusAgentName;
  readonly body: readonly LitmusStatement[];
}

/** Verdicts by platform, and what they follow from. A platform that is in neither list is one where it never happens. */
export interface LitmusExpectation {
  readonly sometimes: readonly string[];
  readonly always: readonly string[];
  /** Kernel file and line, manual and section, or the argument. */
  readonly source: string;
}

export type LitmusStatement = Span &
  (
    | { readonly kind: "set"; readonly name: string; readonly value: LitmusExpression }
    | { readonly kind: "store"; readonly place: LitmusPlace; readonly value: LitmusExpression }
    | {
        readonly kind: "if";
        readonly condition: LitmusExpression;
        readonly then: readonly LitmusStatement[];
        readonly otherwise: readonly LitmusStatement[];
      }
    | { readonly kind: "while"; readonly condition: LitmusExpression; readonly body: readonly LitmusStatement[] }
    | { readonly kind: "break" | "continue" | "return" }
    | { readonly kind: "do"; readonly operation: LitmusOperation }
  );

export type LitmusOperation =
  | {
      readonly name: "dma_map" | "dma_unmap" | "dma_sync_for_device" | "dma_sync_for_cpu";
      readonly place: LitmusPlace;
      readonly direction: LitmusDirection;
    }
  | { readonly name: "arch_dma_prep_coherent" | "flush_dcache_page"; readonly place: LitmusPlace }
  | { readonly name: LitmusPlainOperation };

export type LitmusPlainOperation =
  | "dma_wmb"
  | "wmb"
  | "mb"
  | "doorbell"
  | "doorbell_relaxed"
  | "interrupt"
  | "wait_for_doorbell"
  | "wait_for_interrupt";

export type LitmusDirection = "to-device" | "from-device" | "bidirectional";

/** A location, and how it is reached. */
export interface LitmusPlace extends Span {
  readonly location: string;
  readonly way: LitmusWay;
  /** Of a mapping: the location alone, not its whole line. */
  readonly part: boolean;
}

/**
 * plain: as the agent reaches that memory by itself (the linear map, the coherent allocation's own mapping, the user's mapping of it, DMA).
 * cached: a write-back mapping, whatever the memory. dmacoherent, noncached, writecombine: as those page protections make it.
 * user-mapping: the kernel through the user's write-back mapping. other-colour: a write-back mapping at the next virtual colour.
 */
export type LitmusWay =
  | "plain"
  | "cached"
  | "dmacoherent"
  | "noncached"
  | "writecombine"
  | "user-mapping"
  | "other-colour";

export type LitmusExpression = Span &
  (
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "load"; readonly place: LitmusPlace }
    | { readonly kind: "not" | "negative" | "complement"; readonly of: LitmusExpression }
    | {
        readonly kind: "binary";
        readonly operator: LitmusOperator;
        readonly left: LitmusExpression;
        readonly right: LitmusExpression;
      }
    /** Whether an access was refused: by the IOMMU, or because there is no memory. */
    | { readonly kind: "faulted" }
  );

export type LitmusOperator =
  | "+"
  | "-"
  | "*"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | "==="
  | "!=="
  | "<"
  | "<="
  | ">"
  | ">="
  | "&&"
  | "||";

/** Why a file is no litmus test, and where. */
export interface LitmusProblem extends Span {
  readonly message: string;
}

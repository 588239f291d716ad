/**
 * What can happen on the machine: steps of agents, and steps of the environment, which may come at any time.
 * And what a program of agents sees of a machine: the port. Programs run against the port, so that the same program runs on the
 * concrete machine, under belief sets and under a search.
 */
import type { TraceEvent } from "../trace/trace.ts";
import type { Board } from "./board.ts";
import type { Attribute, MachineModel, MaintenanceOperation } from "./model.ts";

/** Who writes and reads; "user" runs on the CPU with user mappings. */
export type Actor = "cpu" | "user" | "device";

export type AgentAction =
  /** `space`: the address space of the mapping, 0 (the kernel's) if absent. Bytes in memory order. */
  | {
      readonly kind: "load";
      readonly agent: "cpu" | "user";
      readonly virtual: number;
      readonly size: number;
      readonly space?: number;
    }
  | {
      readonly kind: "store";
      readonly agent: "cpu" | "user";
      readonly virtual: number;
      readonly bytes: Uint8Array;
      readonly space?: number;
    }
  | { readonly kind: "dma-read"; readonly bus: number; readonly size: number }
  | { readonly kind: "dma-write"; readonly bus: number; readonly bytes: Uint8Array }
  /** Acts on every line that the range touches, raw; `syncActions` (sync.ts) says what an architecture does with a range. */
  | {
      readonly kind: "maintain";
      readonly operation: MaintenanceOperation;
      readonly virtual: number;
      readonly size: number;
      readonly space?: number;
    }
  | { readonly kind: "maintain-all"; readonly operation: MaintenanceOperation }
  /**
   * `doorbell` is writel(): it always drains the write buffer first. `relaxed-doorbell` is writel_relaxed(): it stands behind the stores
   * that keep an order, but not behind weakly ordered ones. `drain` is the end of a cache operation.
   */
  | {
      readonly kind: "barrier";
      readonly barrier: "mb" | "wmb" | "dma_wmb" | "doorbell" | "relaxed-doorbell" | "drain";
    }
  | { readonly kind: "map"; readonly mapping: MappingRequest }
  | { readonly kind: "unmap"; readonly id: string }
  /** Changes the attribute of the kernel's own linear mapping of a physical range (in whole pages). */
  | {
      readonly kind: "set-linear-attribute";
      readonly physical: number;
      readonly size: number;
      readonly attribute: Attribute;
      readonly origin: string;
    }
  | {
      readonly kind: "iommu-map";
      readonly bus: number;
      readonly physical: number;
      readonly size: number;
      readonly access: "read" | "write" | "both";
    }
  | { readonly kind: "iommu-unmap"; readonly bus: number; readonly size: number }
  | { readonly kind: "switch-space"; readonly space: number }
  /** From now on what that agent wrote so far is promised to the others: a doorbell, an interrupt, a status that was read. */
  | { readonly kind: "announce"; readonly from: "cpu" | "device" }
  /** The CPU copies through the linear map: bounce buffers. Not a new value for the promises, only another place of it. */
  | { readonly kind: "copy"; readonly from: number; readonly to: number; readonly size: number };

/** `physical` names the line (any address in it); `virtual` the copy, where a line can have several in a cache with virtual index. */
export type EnvironmentAction =
  | { readonly kind: "evict"; readonly physical: number; readonly virtual: number }
  /** Speculative fill through the cacheable mapping at `virtual`. */
  | { readonly kind: "fill"; readonly physical: number; readonly virtual: number }
  /** Speculative store: the fill marks the line dirty. */
  | { readonly kind: "soil"; readonly physical: number; readonly virtual: number }
  /** The oldest entry of the write buffer for that line reaches memory, after those that must go before it. */
  | { readonly kind: "drain"; readonly physical: number }
  /** Before the run: the line of an earlier life of the page is in the cache, clean. */
  | { readonly kind: "warm"; readonly physical: number; readonly virtual: number };

export type Action = AgentAction | EnvironmentAction;

export interface MappingRequest {
  /** Unique among live mappings; mapping an id again replaces it. */
  readonly id: string;
  readonly name: string;
  readonly space: number;
  readonly virtual: number;
  /** One physical address, or one for each page. */
  readonly physical: number | readonly number[];
  /** Bytes; rounded up to pages. */
  readonly size: number;
  readonly attribute: Attribute;
  /** How it came: "dma_alloc_coherent (remapped)", "remap_pfn_range". */
  readonly origin: string;
}

/** What an agent learns from its step. */
export interface Observation {
  /** Loads and DMA reads: the bytes. Empty where a fault hit. */
  readonly bytes: Uint8Array;
  /** Loads and DMA reads: other than every value that the contract promises. */
  readonly stale: boolean;
  /** With `stale`: the newest value that the contract promises. */
  readonly expected?: Uint8Array;
  /** Physical address of the first byte, where the access has one. */
  readonly physical?: number;
  /** The access had no mapping, left RAM, or was refused by the IOMMU. Nothing was read or written. */
  readonly fault?: string;
}

/** A machine as a program of agents sees it. Programs must be deterministic, given what the port answers. */
export interface MachinePort {
  readonly model: MachineModel;
  /** Address maps, mappings, allocators, names and promises: the same whatever the caches do. */
  readonly board: Board;
  perform(action: AgentAction): Observation;
  /**
   * A choice that the program leaves open: which agent goes next, whether an interrupt comes now. 0 to `alternatives` - 1.
   * An explorer tries all; a replay follows its schedule; a natural run takes 0. `state`, where it is given, holds everything that
   * the rest of the program depends on besides what memory, cache and buffers hold: of runs that meet in one state an explorer follows
   * one. A program that looks at `stale` gives none, since what was promised is in neither.
   */
  choose(alternatives: number, what: string, state?: string): number;
  /**
   * Begins a step of an agent: the events until the next step carry its number. Environment steps that a schedule inserts get
   * steps of their own.
   */
  beginStep(step: StepHead): void;
  /** Adds a narrator's event (value, ownership, device, note, harm) to the trace where one is recorded. */
  tell(event: ToldEvent): void;
  /** Whether events are kept: a program may spare itself making them where they are not. */
  readonly recording: boolean;
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An event whose step number the machine adds. */
export type ToldEvent = Without<TraceEvent, "step">;
export type StepHead = Omit<Extract<TraceEvent, { kind: "step" }>, "step" | "kind">;

/** One program: driver and agents. What it returns is the run's outcome. */
export type AgentProgram = (port: MachinePort) => RunOutcome;

export interface RunOutcome {
  /** Two runs with the same key ended alike: "x=1 y=5". */
  readonly key: string;
  readonly harm: boolean;
  /** The run was broken off (a loop went round too often): what it would have come to is not known. */
  readonly cut?: boolean;
}

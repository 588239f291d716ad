/** What a proof is: what device and user do once the driver's code has run, and what is watched. */
import type { Observation } from "../../machine/action.ts";
import type { Direction } from "../../machine/model.ts";
import { addressText, bytesEqual, bytesText } from "../../machine/address.ts";
import type { PathStep } from "../../program/program.ts";
import type { HarmKind } from "../../trace/trace.ts";
import type { Kernel } from "../kernel.ts";
import type { KernelOptions } from "../kernel-options.ts";
import { pass } from "../kernel-model/streaming.ts";
import type { Buffer, KernelAlias, StreamingMapping } from "../scene.ts";
import type { Value } from "../value.ts";
import { type ByteRange, Stop } from "../world.ts";

export interface Proof {
  /** As rules name it. */
  readonly id: string;
  /** One line: what is shown. */
  readonly title: string;
  /** What is said of a run in which nothing goes wrong. */
  readonly fine: string;
  readonly options?: Partial<KernelOptions>;
  /** Before the finding's own statement runs, and right after it. */
  before?(run: ProofRun): void;
  after?(run: ProofRun): void;
  /** Memory is about to be mapped for streaming. */
  mapping?(run: ProofRun, physical: number, size: number, name: string, direction: Direction): void;
  /** Memory that is mapped for streaming is about to be taken back by the driver. */
  takingBack?(run: ProofRun, mapping: StreamingMapping): void;
  /** A run that may still begin anew is about to end in harm: what it has not been told yet of its actors may begin it anew. */
  learning?(run: ProofRun): void;
  /** A call hands memory to the device and waits for it: the device's turn. */
  device?(run: ProofRun, handle: bigint, size: number, direction: Direction): void;
  /** The driver's functions have returned. */
  finish(run: ProofRun): void;
}

/** Ends a run: its harm is known. */
export class HarmFound extends Stop {}

/** Made once: its sentence is in the run, and a stack is of no use here. */
const harmFound = new HarmFound("harm was found");

/** Accesses of one statement that are kept. */
const mostAccesses = 4096;

/** An access of the driver. */
export interface Touch {
  readonly address: bigint;
  readonly size: number;
  readonly kind: "load" | "store";
  /** Of a store: what is stored. */
  readonly value?: Value;
  /** Of a store: the newest bytes that were there are the ones that are stored. */
  readonly unchanged?: boolean;
  /** Of a store: nothing has stored there since the kernel entered the code. */
  readonly isFirst?: boolean;
}

export interface Harm {
  readonly kind: HarmKind;
  readonly sentence: string;
}

/** The agents of a proof, each act one step of the trace. */
export class ProofRun {
  readonly kernel: Kernel;
  harm: Harm | undefined;
  /** Called before a run ends in harm whose plan is not final. */
  onHarm: (() => void) | undefined;
  /** The plan is final: this run must not ask for another one. */
  readonly settled: boolean;
  /** Accesses to memory on the machine that the finding's statement made, and the functions that it called. */
  readonly touched: Touch[] = [];
  /** All bytes that it accessed, on the machine or not. */
  readonly accessed: ByteRange[] = [];
  /** Those of `touched` that came while the memory belonged to the device. */
  late: readonly Touch[] = [];
  /** What a proof remembers between the finding's statement and the end of the run. */
  subject: StreamingMapping | undefined;
  /** How many second addresses there were before the statement, and the one that it made. */
  aliasesBefore = 0;
  alias: KernelAlias | undefined;
  /** Mappings that there were before the statement, with whether they were the device's; and those that it passed on. */
  known: ReadonlyMap<StreamingMapping, boolean> = new Map();
  passed: readonly StreamingMapping[] = [];
  /** The statement has touched memory whose order, or whose syncs, matter. */
  ordered = false;
  /** Stores of the function that the kernel has entered last, to memory on the machine. */
  readonly stores: Touch[] = [];
  /** A byte beside the buffer was stored while the device owned it. */
  neighbourWritten = false;
  #sinkRuns = false;
  /** Lowest addresses of bytes that the function which the kernel has entered last has stored so far. */
  readonly #written = new Set<bigint>();

  constructor(kernel: Kernel, settled: boolean) {
    this.kernel = kernel;
    this.settled = settled;
  }

  // ------------------------------------------------------------ the path

  beginEntry(): void {
    this.#written.clear();
    this.stores.length = 0;
  }

  beginSink(): void {
    this.touched.length = 0;
    this.accessed.length = 0;
    this.#sinkRuns = true;
    this.kernel.onAccess = (address, size) => {
      if (this.accessed.length < mostAccesses) this.accessed.push({ from: address, to: address + BigInt(size) });
    };
  }

  get sinkRuns(): boolean {
    return this.#sinkRuns;
  }

  endSink(): void {
    this.#sinkRuns = false;
    this.kernel.onAccess = undefined;
  }

  /** Whether the code has given the byte its value since the kernel entered it. */
  isWritten(address: bigint): boolean {
    return this.#written.has(address);
  }

  nameOf(buffer: Buffer): string {
    return buffer.name || this.kernel.evaluator.space.describe(buffer.virtual);
  }

  // ------------------------------------------------------------ the driver's own accesses

  loaded(address: bigint, size: number, observation: Observation): void {
    if (this.#sinkRuns) this.touched.push({ address, size, kind: "load" });
    this.#faulted(address, "reads", observation);
    if (!observation.stale) return;
    const expected = observation.expected ?? new Uint8Array(0);
    this.harmful(
      "stale-read",
      `The driver reads ${bytesText(observation.bytes)}, but the newest value is ${bytesText(expected)}: what it sees is an older line of the cache.`,
      observation.physical ?? 0,
      expected,
      observation.bytes,
    );
  }

  storing(address: bigint, size: number, value: Value): void {
    const range = Array.from({ length: size }, (_, at) => address + BigInt(at));
    const isFirst = !range.some((at) => this.#written.has(at));
    for (const at of range) this.#written.add(at);
    if (this.stores.length < mostAccesses) this.stores.push({ address, size, kind: "store" });
    if (!this.#sinkRuns) return;
    const { hardware, port } = this.kernel;
    const physical = hardware.walk(address)?.physical;
    const isRam = physical !== undefined && port.board.isRam(physical, size);
    const unchanged =
      isRam && bytesEqual(port.board.promises.newest(physical, size), hardware.bytesOf(value.bits, size));
    this.touched.push({ address, size, kind: "store", value, unchanged, isFirst });
  }

  stored(address: bigint, _size: number, observation: Observation): void {
    this.#faulted(address, "writes to", observation);
  }

  #faulted(address: bigint, does: string, observation: Observation): void {
    if (observation.fault === undefined) return;
    const sentence = `The driver ${does} ${addressText(address)}: ${observation.fault}.`;
    this.harmful("fault", sentence, 0, new Uint8Array(0), new Uint8Array(0));
  }

  // ------------------------------------------------------------ agents

  deviceWrites(handle: bigint, bytes: Uint8Array, sentence: string): Observation {
    this.kernel.narrator.act("device", sentence);
    const seen = this.kernel.perform({ kind: "dma-write", bus: Number(handle), bytes });
    if (seen.fault !== undefined) {
      this.harmful(
        "fault",
        `The device's write to ${addressText(handle)} fails: ${seen.fault}.`,
        Number(handle),
        bytes,
        new Uint8Array(0),
      );
    }
    return seen;
  }

  deviceReads(handle: bigint, size: number, sentence: string): Observation {
    this.kernel.narrator.act("device", sentence);
    const seen = this.kernel.perform({ kind: "dma-read", bus: Number(handle), size });
    if (seen.fault !== undefined) {
      this.harmful(
        "fault",
        `The device's read of ${addressText(handle)} fails: ${seen.fault}.`,
        Number(handle),
        new Uint8Array(0),
        new Uint8Array(0),
      );
    }
    return seen;
  }

  /** The device says that it is done: what it wrote is promised to the CPU from now on. */
  interrupt(sentence = "The device interrupts: its data is ready."): void {
    this.kernel.narrator.act("device", sentence);
    const promise = "From here on the driver relies on what the device has written.";
    this.kernel.port.tell({ kind: "device", agent: "device", action: "interrupt", sentence: promise });
    this.kernel.perform({ kind: "announce", from: "device" });
  }

  /** The driver tells the device to go: what the CPU wrote is promised to the device from now on. */
  doorbell(sentence: string): void {
    this.kernel.narrator.act("cpu", sentence);
    const promise = this.kernel.port.model.coherent
      ? "From here on the device relies on what the CPU has written."
      : "From here on the device relies on what the CPU has written. The register write empties the write buffer, but a dirty line of the cache stays where it is.";
    this.kernel.port.tell({ kind: "device", agent: "cpu", action: "doorbell", sentence: promise });
    this.kernel.perform({ kind: "barrier", barrier: "doorbell" });
    this.kernel.perform({ kind: "announce", from: "cpu" });
  }

  userReads(virtual: bigint, size: number, sentence: string): Observation {
    this.kernel.narrator.act("user", sentence);
    return this.kernel.hardware.load(virtual, size, "user");
  }

  userWrites(virtual: bigint, bytes: Uint8Array, sentence: string): Observation {
    this.kernel.narrator.act("user", sentence);
    return this.kernel.hardware.store(virtual, bytes, "user");
  }

  cpuReads(virtual: bigint, size: number, sentence: string): Observation {
    this.kernel.narrator.act("cpu", sentence);
    return this.kernel.hardware.load(virtual, size);
  }

  cpuWrites(virtual: bigint, bytes: Uint8Array, sentence: string): Observation {
    this.kernel.narrator.act("cpu", sentence);
    return this.kernel.hardware.store(virtual, bytes);
  }

  /** The kernel takes a streaming mapping back, if the driver's code has not: unmap or sync_for_cpu. */
  takeBack(mapping: StreamingMapping): void {
    if (mapping.owner === "cpu") return;
    this.kernel.narrator.act("cpu", `Later the driver unmaps ${mapping.name}.`);
    pass(this.kernel, "cpu", mapping, mapping.direction);
    mapping.owner = "cpu";
  }

  // ------------------------------------------------------------ what is watched

  /** Compares what was read with what the contract promises; other bytes end the run. */
  expect(
    seen: Observation,
    expected: Uint8Array,
    kind: HarmKind,
    sentence: (got: string, expected: string) => string,
  ): void {
    const got = bytesText(seen.bytes);
    const wanted = bytesText(expected);
    if (seen.fault !== undefined) {
      this.harmful("fault", `${capital(seen.fault)}.`, seen.physical ?? 0, expected, seen.bytes);
    }
    if (got === wanted) return;
    this.harmful(kind, sentence(got, wanted), seen.physical ?? 0, expected, seen.bytes);
  }

  /** Records the run's harm and ends it. */
  harmful(kind: HarmKind, sentence: string, physical: number, expected: Uint8Array, got: Uint8Array): never {
    if (!this.settled) this.onHarm?.();
    this.harm = { kind, sentence };
    this.kernel.port.tell({
      kind: "harm",
      agent: "cpu",
      harm: kind,
      physical: addressText(physical),
      expected: bytesText(expected),
      got: bytesText(got),
      sentence,
    });
    throw harmFound;
  }
}

export function pattern(byte: number, size = 4): Uint8Array {
  return new Uint8Array(size).fill(byte);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the proofs show of a page that is not the buffer's. */
export function isSink(step: PathStep): boolean {
  return step.role === "sink";
}

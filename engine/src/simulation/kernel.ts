/** The world that a driver runs in: the machine's memory, and a kernel whose functions act on it. */
import type { AgentAction, Observation } from "../machine/action.ts";
import type { Attribute, Direction } from "../machine/model.ts";
import type { Platform } from "../platforms/platform.ts";
import type { DriverUnit, ProgramFunction } from "../program/program.ts";
import type { Type } from "../program/types.ts";
import type { FileSpan } from "../text/span.ts";
import type { Evaluator } from "./evaluator.ts";
import { constantValue } from "../kernel/constants.ts";
import { type Window, windowsOf } from "./buffer-windows.ts";
import { DeviceInputs } from "./device-inputs.ts";
import { Hardware } from "./hardware.ts";
import { constantOf, protections } from "./kernel-model/constants.ts";
import { modelFunction } from "./kernel-model/index.ts";
import { iterationRounds } from "./kernel-model/iteration.ts";
import { listFields } from "./kernel-model/scatterlist.ts";
import { pagePointer } from "./kernel-model/pages.ts";
import { subsystemTransfer } from "./kernel-model/transfers.ts";
import { kernelFieldType, prepareKernelField, prepareKernelObject } from "./kernel-model/records.ts";
import type { AccessWatcher, KernelOptions } from "./kernel-options.ts";
import { Narrator } from "./narrator.ts";
import { type Buffer, type BufferKind, Scene, type StreamingMapping } from "./scene.ts";
import type { Steering } from "./steering.ts";
import { known, type Value } from "./value.ts";
import { type ByteRange, type KernelCall, type Plan, Restart, Stop, type World } from "./world.ts";
import type { MachinePort } from "../machine/action.ts";

export class Kernel implements World {
  readonly port: MachinePort;
  readonly platform: Platform;
  readonly options: KernelOptions;
  readonly plan: Plan;
  readonly hardware: Hardware;
  readonly narrator: Narrator;
  readonly scene = new Scene();
  readonly #devices = new DeviceInputs(this);
  readonly wordBits: 32 | 64;
  readonly bigEndian: boolean;
  readonly stack: { readonly base: bigint; readonly size: number };
  /** The rest of the run ends here: the CPU took a fault. */
  fault: { readonly reason: string; readonly address: bigint } | undefined;
  /** dma_mapping_error() was asked of a mapping that failed. */
  errorWasSeen = false;
  /** ALSA's buffer of the run's substream. */
  soundBuffer: Buffer | undefined;
  /** Where user mappings are placed, by virtual colour. */
  userColour: { readonly colour: number; readonly pages: number } | undefined;
  /** What the device does when a call hands it memory and waits: the proof says. */
  onDeviceTurn: ((handle: bigint, size: number, direction: Direction, call: string) => void) | undefined;
  /** Called before memory is mapped for streaming. */
  onMap: ((physical: number, size: number, name: string, direction: Direction) => void) | undefined;
  /** Called before memory that was mapped for streaming is taken back. */
  onTakeBack: ((mapping: StreamingMapping) => void) | undefined;
  /** Called before each access of the driver, to memory of any kind. */
  onAccess: ((address: bigint, size: number) => void) | undefined;
  #watcher: AccessWatcher | undefined;
  #evaluator: Evaluator | undefined;
  #steering: Steering | undefined;
  readonly #born: { readonly from: bigint; readonly to: bigint }[] = [];
  #buffers = 0;
  #quiet = 0;

  constructor(port: MachinePort, unit: DriverUnit, platform: Platform, options: KernelOptions, plan: Plan) {
    this.port = port;
    this.platform = platform;
    this.options = options;
    this.plan = plan;
    this.hardware = new Hardware(port);
    this.narrator = new Narrator(port, unit);
    this.wordBits = this.hardware.wordBits;
    this.bigEndian = this.hardware.bigEndian;
    this.stack = this.#makeStack();
    this.#nameEarly();
  }

  /** Joins the parts that need each other. */
  attach(evaluator: Evaluator, steering: Steering): void {
    this.#evaluator = evaluator;
    this.#steering = steering;
  }

  /** Lets a proof see the driver's accesses to memory on the machine. */
  watch(watcher: AccessWatcher): void {
    this.#watcher = watcher;
  }

  /** Gives buffers that had no name the one that the driver stored them under. */
  nameBuffers(): void {
    for (const buffer of this.scene.buffers) {
      if (buffer.name === "") buffer.name = this.evaluator.space.describe(buffer.virtual);
      const size = Math.min(buffer.size, this.hardware.pageBytes);
      const named = { name: buffer.name, kind: buffer.kind, at: buffer.physical, size };
      this.port.board.name({ id: buffer.id, ...named });
      this.plan.names.set(buffer.id, named);
    }
  }

  /** Memory that was there before the driver handed it on has its name from the start. */
  #nameEarly(): void {
    for (const [id, named] of this.plan.names) if (named.kind === "linear") this.port.board.name({ id, ...named });
  }

  get evaluator(): Evaluator {
    if (this.#evaluator === undefined) throw new Stop("the kernel runs before its interpreter");
    return this.#evaluator;
  }

  get steering(): Steering {
    if (this.#steering === undefined) throw new Stop("the kernel runs before its interpreter");
    return this.#steering;
  }

  // ------------------------------------------------------------ memory

  allocate(bytes: number, alignment: number): bigint {
    return this.hardware.slab(bytes, alignment);
  }

  isShared(address: bigint, size: number): boolean {
    // Each access asks this first: what a statement touches can be told from the questions.
    this.onAccess?.(address, size);
    return this.isOnMachine(address, size);
  }

  /** As `isShared`, where no access follows. */
  isOnMachine(address: bigint, size: number): boolean {
    const end = address + BigInt(size);
    for (const range of this.#born) if (address < range.to && end > range.from) return true;
    for (const range of this.plan.shared) if (address < range.to && end > range.from) return true;
    return false;
  }

  load(address: bigint, size: number): Value {
    const name = this.#devices.offer(address, size);
    this.narrator.driver(`The driver reads ${this.#what(address, size)}.`);
    const seen = this.hardware.load(address, size);
    this.#watcher?.loaded(address, size, seen);
    this.#check(seen, address);
    const bits = this.hardware.numberOf(seen.bytes);
    if (name === undefined) return known(bits);
    this.evaluator.inputs.set(name, bits);
    return { bits, origin: { kind: "input", name } };
  }

  store(address: bigint, size: number, value: Value): void {
    this.narrator.driver(`The driver writes ${this.#what(address, size)}.`);
    this.#watcher?.storing(address, size, value);
    const seen = this.hardware.store(address, this.hardware.bytesOf(value.bits, size));
    this.#watcher?.stored(address, size, seen);
    this.#check(seen, address);
  }

  #check(observation: Observation, address: bigint): void {
    if (observation.fault === undefined) return;
    this.fault = { reason: observation.fault, address };
    throw new Stop(observation.fault);
  }

  #what(address: bigint, size: number): string {
    const buffer = this.scene.bufferAt(address);
    if (buffer !== undefined) return bytesOfObject(buffer.name, Number(address - buffer.virtual), size);
    const object = this.evaluator.space.at(address);
    if (object?.base === address && object.size === size) return object.name || "a temporary";
    return bytesOfObject(this.evaluator.space.describe(address), 0, size);
  }

  /** Puts a stretch on the machine from now on: memory that the device shares from its birth. */
  shareFromBirth(virtual: bigint, size: number): void {
    if (this.options.ignoresBytes === true) return;
    for (const range of this.windows(virtual, size)) {
      this.#born.push(range);
      // The same bytes through the linear map are the same memory.
      const physical = this.hardware.walk(range.from)?.physical;
      if (physical === undefined || !this.port.board.isRam(physical)) continue;
      const linear = this.hardware.linear(physical);
      if (linear !== range.from) this.#born.push({ from: linear, to: linear + (range.to - range.from) });
    }
  }

  /** A page that the driver reaches by a mistake: what is read there comes from the machine, or is a fault. */
  shareStranger(physical: number): void {
    const linear = this.hardware.linear(this.hardware.pageOf(physical));
    this.#born.push({ from: linear, to: linear + BigInt(this.hardware.pageBytes) });
  }

  /** Puts a stretch on the machine; if the driver has used it before, the run begins anew with it there from the start. */
  share(virtual: bigint, size: number): void {
    if (this.options.ignoresBytes === true) return;
    const touched = this.plan.touches.flatMap((range) => {
      const from = range.from > virtual ? range.from : virtual;
      const end = virtual + BigInt(size);
      const to = range.to < end ? range.to : end;
      return from < to ? this.windows(from, Number(to - from)) : [];
    });
    const missing = [...this.windows(virtual, size), ...touched].filter((range) => !this.#isWholeOnMachine(range));
    if (missing.length === 0) return;
    this.plan.shared.push(...missing);
    if (this.isStack(virtual)) this.plan.stackOnMachine = true;
    throw new Restart();
  }

  #isWholeOnMachine(range: ByteRange): boolean {
    const line = BigInt(this.port.model.cache.lineBytes);
    for (let at = range.from; at < range.to; at += line) if (!this.isOnMachine(at, 1)) return false;
    return true;
  }

  /** The lines of a buffer that the machine holds. */
  windows(virtual: bigint, size: number): readonly Window[] {
    return windowsOf(this.hardware, this.port.model.cache.lineBytes, virtual, size);
  }

  /** Names memory before anything happens to it: the trace's events then call it by its name. */
  announceMemory(physical: number, size: number, name: string, kind: string): void {
    const id = `buffer-${String(this.#buffers + 1)}`;
    this.port.board.name({
      id,
      name: name || (this.plan.names.get(id)?.name ?? "the new buffer"),
      kind,
      at: physical,
      size: Math.min(size, this.hardware.pageBytes),
    });
  }

  /** Remembers memory that can be shared; its name follows when the driver stores the pointer. */
  buffer(
    kind: BufferKind,
    virtual: bigint,
    size: number,
    frames: readonly number[],
    handle: bigint | undefined,
    name: string,
  ): Buffer {
    const first = frames[0] ?? 0;
    const physical = first + Number(virtual % BigInt(this.hardware.pageBytes));
    const id = `buffer-${String(++this.#buffers)}`;
    const buffer: Buffer = { id, name, kind, virtual, size, frames, physical, handle, live: true };
    this.scene.buffers.push(buffer);
    this.port.board.name({ id, name, kind, at: physical, size: Math.min(size, this.hardware.pageBytes) });
    return buffer;
  }

  /** Frames of a virtual stretch by the page walk, for memory that is mapped. */
  framesOf(virtual: bigint, size: number): number[] {
    if (this.isStack(virtual) && !this.plan.stackOnMachine) {
      this.plan.stackOnMachine = true;
      throw new Restart();
    }
    const page = BigInt(this.hardware.pageBytes);
    const frames: number[] = [];
    for (let at = (virtual / page) * page; at < virtual + BigInt(size) && frames.length < 4096; at += page) {
      const where = this.hardware.walk(at);
      if (where === undefined) break;
      frames.push(where.physical);
    }
    return frames;
  }

  #makeStack(): { readonly base: bigint; readonly size: number } {
    const size = 32768;
    const { virtual, physical } = this.hardware.pages(size);
    if (!this.hasVirtualStacks) return { base: virtual, size };
    const { pageBytes } = this.hardware;
    const frames = Array.from({ length: size / pageBytes }, (_, index) => physical + index * pageBytes);
    const at = this.hardware.reserveKernel(size);
    if (this.plan.stackOnMachine) {
      this.hardware.mapKernel("the kernel stack", frames, "write-back", "vmalloc (VMAP_STACK)", at);
    }
    return { base: at, size };
  }

  isStack(address: bigint): boolean {
    return address >= this.stack.base && address < this.stack.base + BigInt(this.stack.size);
  }

  /**
   * CONFIG_VMAP_STACK, which is on by default where the architecture has it: arch/{arm,arm64,riscv,s390,x86}/Kconfig of
   * linux 6.12.117 select HAVE_ARCH_VMAP_STACK; 44x, mips, sh, m68k and parisc do not.
   */
  get hasVirtualStacks(): boolean {
    return /^(x86|arm|cortex|riscv)/.test(this.platform.id);
  }

  // ------------------------------------------------------------ machine

  perform(action: AgentAction): Observation {
    return this.port.perform(action);
  }

  /** Whether a mapping fails now, where the run leaves that to the environment. */
  mappingFails(call: string): boolean {
    return this.options.mappingsFail && this.port.choose(2, `whether ${call} finds room`) === 1;
  }

  /** The driver is about to take a mapping back: what the path needs to find in it the device has written. */
  completeTransfer(mapping: StreamingMapping): void {
    this.#devices.complete(mapping);
  }

  /** A call that does DMA and waits for it: the device's turn. */
  deviceTurn(handle: bigint, size: number, direction: Direction, call: string): void {
    this.onDeviceTurn?.(handle, size, direction, call);
  }

  /** The attribute that a pgprot_t of the model stands for. */
  attributeOf(protection: bigint): Attribute {
    const found = Object.entries(protections).find(([, bits]) => bits === protection);
    return found === undefined ? "write-back" : (found[0] as keyof typeof protections);
  }

  /** Asks that a value be as needed, by choosing the inputs that it is made of. */
  prefer(value: Value, holds: (bits: bigint) => boolean, otherwise: string): void {
    this.steering.prefer(value, holds, otherwise);
  }

  // ------------------------------------------------------------ the interpreter's questions

  constant(name: string): bigint | undefined {
    return constantOf(name, { bytes: this.hardware.pageBytes, wordBits: this.wordBits }) ?? constantValue(name);
  }

  fieldType(record: string | undefined, field: string): Type | undefined {
    return kernelFieldType(record, field) ?? this.evaluator.layouts.partialType(record, field);
  }

  prepareField(owner: bigint, record: string | undefined, field: string): void {
    // What preparing a field reads is not prepared again.
    if (this.#quiet > 4) return;
    this.#quiet++;
    try {
      prepareKernelField(this, owner, record, field);
    } finally {
      this.#quiet--;
    }
  }

  place(record: string): bigint | undefined {
    if (record !== "page") return undefined;
    return pagePointer(this, this.hardware.pages(this.hardware.pageBytes).physical);
  }

  prepareObject(base: bigint, record: string): void {
    prepareKernelObject(this, base, record);
  }

  call(call: KernelCall): Value | undefined {
    const model = modelFunction(call.name);
    return model === undefined ? subsystemTransfer(this, call) : model(this, call);
  }

  lvalue(name: string, values: readonly Value[]): { readonly address: bigint; readonly type: Type } | undefined {
    const target = listFields[name];
    const owner = values[0]?.bits ?? 0n;
    if (target === undefined || owner < 4096n) return undefined;
    const type = kernelFieldType(target.record, target.field);
    return type === undefined ? undefined : { address: this.field(owner, target.record, target.field), type };
  }

  iterate(macro: string, values: readonly Value[]): readonly (readonly Value[])[] | undefined {
    return iterationRounds(this, macro, values);
  }

  at(source: FileSpan, fn: ProgramFunction): void {
    this.narrator.at(source, fn);
  }

  // ------------------------------------------------------------ fields, for the model

  /** Address of a field of a kernel structure. */
  field(owner: bigint, record: string, name: string): bigint {
    return this.evaluator.space.fieldAddress(owner, record, name);
  }

  readField(owner: bigint, record: string, name: string, size = this.wordBits / 8): Value {
    const type: Type = kernelFieldType(record, name) ?? {
      kind: "integer",
      bits: size === 8 ? 64 : 32,
      signed: false,
      name: "",
    };
    return this.evaluator.load({ address: this.field(owner, record, name), type, field: { owner, record, name } });
  }

  writeField(owner: bigint, record: string, name: string, value: Value | bigint, size = this.wordBits / 8): void {
    const stored = typeof value === "bigint" ? known(value) : value;
    this.evaluator.storeBits(this.field(owner, record, name), size, stored);
  }
}

/** "buf[0..3]", or the name alone. */
function bytesOfObject(name: string, offset: number, size: number): string {
  return size === 1 ? `${name}[${String(offset)}]` : `${name}[${String(offset)}..${String(offset + size - 1)}]`;
}

/** Cache, write buffer and memory of the concrete machine: lines in places, with what happens told as events. */
import type { CacheLine } from "../trace/trace.ts";
import type { Actor, AgentAction, EnvironmentAction, MappingRequest, Observation, ToldEvent } from "./action.ts";
import { alignDown, bytesEqual } from "./address.ts";
import type { Board } from "./board.ts";
import { TagArray } from "./cache.ts";
import {
  accessedEvent,
  bufferEvent,
  faultEvent,
  type LineCause,
  lineEvent,
  mappingEvent,
  memoryEvent,
  shownLine,
} from "./events.ts";
import {
  accessSteps,
  arrivalSteps,
  type Copy,
  cloneLine,
  copyKey,
  dmaSteps,
  findCopy,
  type LineResult,
  type LineState,
  type LineStep,
  newLine,
  pendingStore,
  transition,
} from "./line.ts";
import type { Attribute, MaintenanceOperation } from "./model.ts";
import { isCacheable } from "./page-tables.ts";
import type { Accessed, LineAccess, LineTarget } from "./perform.ts";
import { hierarchyKey, possibleSteps } from "./hierarchy-state.ts";
import { hitAgain, RecentHits } from "./recent-hits.ts";
import { touchedLines } from "./touched.ts";
import { type BufferedStore, WriteBuffer } from "./write-buffer.ts";

export class Hierarchy implements LineTarget {
  readonly board: Board;
  readonly recording: boolean;
  readonly #tags: TagArray;
  readonly #lines: Map<number, LineState>;
  /** Lines that a clone may hold too: copied before a change. */
  readonly #shared: Set<number>;
  readonly #buffer: WriteBuffer;
  /** Stale flags as last told, by place. */
  readonly #toldStale: Map<number, string>;
  #told: ToldEvent[] = [];
  readonly #lineBytes: number;
  readonly #hits: RecentHits;

  constructor(board: Board, recording: boolean, from?: Hierarchy) {
    this.board = board;
    this.recording = recording;
    this.#lineBytes = board.model.cache.lineBytes;
    this.#tags = from === undefined ? new TagArray(board.model.cache) : from.#tags.clone();
    this.#lines = new Map(from === undefined ? [] : from.#lines);
    this.#shared = new Set(from === undefined ? [] : from.#lines.keys());
    if (from !== undefined) for (const line of from.#lines.keys()) from.#shared.add(line);
    this.#buffer = from === undefined ? new WriteBuffer() : from.#buffer.clone();
    this.#hits = new RecentHits(board.model);
    // What was this machine's own is shared from now on.
    if (from !== undefined) from.#hits.forget();
    this.#toldStale = new Map(from === undefined ? [] : from.#toldStale);
  }

  /** Begins a step; the list that is returned grows with its events. */
  begin(): readonly ToldEvent[] {
    if (this.#told.length > 0) this.#told = [];
    return this.#told;
  }

  /** The access, where it hits what one hit before. Undefined: it has to be worked out. */
  hit(action: Extract<AgentAction, { kind: "load" | "store" }>): Observation | undefined {
    if (this.recording || this.#buffer.entries.length > 0) return undefined;
    const hit = this.#hits.find(action, action.space ?? (action.agent === "user" ? this.board.space : 0));
    return hit === undefined ? undefined : hitAgain(this.board, this.#tags, hit, action);
  }

  /** The access was worked out: what it hit is where the next one looks first. */
  remember(action: Extract<AgentAction, { kind: "load" | "store" }>): void {
    if (this.recording) return;
    const { model, tables, space: running } = this.board;
    const space = action.space ?? (action.agent === "user" ? running : 0);
    const base = alignDown(action.virtual, this.#lineBytes);
    const where = tables.translate(base, space);
    if (where?.attribute !== "write-back" || model.cache.write !== "back" || model.storeBuffer) return;
    const { physical: line } = where;
    const state = this.#lines.get(line);
    if (state === undefined || this.#shared.has(line) || this.#lineMet(line, base) !== line) return;
    const [copy, place] = [findCopy(state, copyKey(model, base)), this.#tags.find(base, line)];
    if (copy !== undefined && place >= 0) this.#hits.remember({ base, space, state, copy, place });
  }

  access(line: number, virtual: number, attribute: Attribute, access: LineAccess, actor: Actor): LineResult {
    const cacheable = isCacheable(attribute);
    // The CPU sees its own stores: those on their way to this line go first, unless this is one more of them.
    if (this.#buffer.entries.length > 0 && (cacheable || access.kind === "load")) this.#drainLine(line, actor);
    const met = cacheable ? this.#lineMet(line, virtual) : line;
    let result: LineResult = {};
    for (const step of accessSteps(this.board.model, attribute, virtual, access)) {
      result = this.#run(met, step, "access", actor);
    }
    if (result.into === "past" && access.kind === "store") {
      this.#push(
        {
          line: met,
          ...pendingStore(this.board.model, attribute, virtual, access),
          ordered: !this.board.model.writeBuffer.weak.includes(attribute),
        },
        actor,
      );
    }
    return result;
  }

  dma(line: number, access: LineAccess): LineResult {
    let result: LineResult = {};
    for (const step of dmaSteps(this.board.model, access)) result = this.#run(line, step, "snoop", "device");
    return result;
  }

  maintain(line: number, virtual: number, operation: MaintenanceOperation): void {
    this.#drainLine(line, "cpu");
    const base = alignDown(virtual, this.#lineBytes);
    this.#run(
      this.#lineMet(line, virtual),
      { kind: operation, key: copyKey(this.board.model, base) },
      "maintenance",
      "cpu",
    );
  }

  maintainAll(operation: MaintenanceOperation): void {
    for (const place of this.#tags.places()) {
      const at = this.#tags.at(place);
      if (at === undefined) continue;
      this.#run(at.physical, { kind: operation, key: copyKey(this.board.model, at.virtual) }, "maintenance", "cpu");
    }
  }

  drainAll(): void {
    while (this.#buffer.entries.length > 0) this.#arrive(this.#buffer.takeOldest(), "cpu");
  }

  drainOrdered(): void {
    while (this.#buffer.hasOrdered()) this.#arrive(this.#buffer.takeOldestOrdered(), "cpu");
  }

  remapping(): void {
    // Speculation asks for mappings when it happens; nothing is prepared here.
  }

  environment(action: EnvironmentAction): boolean {
    const { model, tables } = this.board;
    if (action.kind === "drain") {
      const line = alignDown(action.physical, this.#lineBytes);
      const taken = this.#buffer.take(line);
      for (const entry of taken) this.#arrive(entry, "environment");
      return taken.length > 0;
    }
    const line = alignDown(action.physical, this.#lineBytes);
    const virtual = alignDown(action.virtual, this.#lineBytes);
    const key = copyKey(model, virtual);
    const present = findCopy(this.#peek(line), key) !== undefined;
    if (action.kind === "evict") {
      if (!present) return false;
      this.#run(line, { kind: "evict", key }, "environment", "environment");
      return true;
    }
    if (!this.board.isRam(line)) return false;
    if (action.kind === "fill" && (present || !model.speculation.loadFill)) return false;
    if (action.kind === "soil" && !model.speculation.storeDirty) return false;
    if (action.kind === "warm" && present) return false;
    if (!tables.cacheableAddresses(line).includes(virtual)) return false;
    const step: LineStep = { kind: "fill", key, virtual, ...(action.kind === "soil" ? { dirty: true } : {}) };
    this.#run(line, step, action.kind === "warm" ? "warm" : "environment", "environment");
    return true;
  }

  touched(action: AgentAction): readonly number[] {
    const lines = touchedLines(this.board, action, this.#lines.keys());
    if (action.kind === "barrier") for (const entry of this.#buffer.entries) lines.add(entry.line);
    // Stores on their way keep an order among their lines: whoever touches one of them touches all.
    if (this.#buffer.entries.some((entry) => lines.has(entry.line)))
      for (const entry of this.#buffer.entries) lines.add(entry.line);
    return [...lines];
  }

  possible(line: number): readonly EnvironmentAction[] {
    return possibleSteps(this.board, this.#peek(line), this.#buffer.has(line));
  }

  shown(): readonly (CacheLine & { readonly set: number; readonly way: number })[] {
    const lines: (CacheLine & { readonly set: number; readonly way: number })[] = [];
    for (const place of this.#tags.places()) {
      const at = this.#tags.at(place);
      if (at === undefined) continue;
      const copy = findCopy(this.#peek(at.physical), copyKey(this.board.model, at.virtual));
      if (copy === undefined) continue;
      lines.push({ ...shownLine(this.board, at.physical, copy), ...this.#setAndWay(place) });
    }
    return lines;
  }

  memory(physical: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      const line = alignDown(physical + i, this.#lineBytes);
      bytes[i] = this.#lines.get(line)?.ram[physical + i - line] ?? 0;
    }
    return bytes;
  }

  buffered(): readonly BufferedStore[] {
    return this.#buffer.entries;
  }

  key(): string {
    return hierarchyKey(this.#lines.values(), this.#buffer.entries);
  }

  accessed(access: Accessed): void {
    if (!this.recording) return;
    this.#tell(accessedEvent(this.board, access));
    if (access.kind === "store") {
      const end = access.physical + access.bytes.length;
      for (let line = alignDown(access.physical, this.#lineBytes); line < end; line += this.#lineBytes)
        this.#tellStaleness(line, access.actor);
    }
  }

  faulted(actor: Actor, reason: string, address: number): void {
    if (this.recording) this.#tell(faultEvent(actor, reason, address));
  }

  mapped(before: MappingRequest | undefined, after: MappingRequest | undefined): void {
    this.#hits.forget();
    if (this.recording && (before !== undefined || after !== undefined)) this.#tell(mappingEvent(before, after));
  }

  /** A virtual tag can match a line of another physical address: the access then meets that line (a homonym). */
  #lineMet(line: number, virtual: number): number {
    if (this.board.model.cache.tag === "physical") return line;
    const place = this.#tags.find(alignDown(virtual, this.#lineBytes), line);
    return this.#tags.at(place)?.physical ?? line;
  }

  #run(line: number, step: LineStep, cause: LineCause, actor: Actor | "environment"): LineResult {
    const { model } = this.board;
    if (step.kind === "read-ram" || step.kind === "snoop-read") return transition(model, this.#peek(line), step);
    const state = this.#own(line);
    if (step.kind === "fill" || step.kind === "read" || step.kind === "write") {
      const copy = findCopy(state, step.key);
      if (copy !== undefined) {
        this.#tags.use(this.#tags.find(copy.virtual, line));
        if (step.kind === "read") return transition(model, state, step);
      }
      if (step.kind === "fill" && copy === undefined) {
        const place = this.#tags.victim(step.virtual, line);
        const victim = this.#tags.at(place);
        if (victim !== undefined) {
          this.#run(victim.physical, { kind: "evict", key: copyKey(model, victim.virtual) }, "capacity", "environment");
        }
        this.#tags.insert(place, step.virtual, line);
      }
    }
    if (!this.recording) {
      const before = state.copies.length === 0 ? [] : state.copies.slice();
      const result = transition(model, state, step);
      if (state.copies.length < before.length) {
        for (const copy of before) if (findCopy(state, copy.key) === undefined) this.#vacate(line, copy);
      }
      return result;
    }
    return this.#runTold(line, state, step, cause, actor);
  }

  #runTold(line: number, state: LineState, step: LineStep, cause: LineCause, actor: Actor | "environment"): LineResult {
    const before = cloneLine(state);
    const result = transition(this.board.model, state, step);
    if (!bytesEqual(before.ram, state.ram)) {
      this.#tell(memoryEvent(this.board, line, before.ram, state.ram, step, actor));
    } else if (step.kind === "write-ram") this.#tell(memoryEvent(this.board, line, before.ram, state.ram, step, actor));
    for (const old of before.copies) {
      const now = findCopy(state, old.key);
      if (now !== undefined && now.dirty === old.dirty && bytesEqual(now.data, old.data)) {
        if (!("key" in step) || step.key !== old.key || step.kind !== "write") continue;
      }
      const place = this.#tags.find(old.virtual, line);
      this.#tell(lineEvent(this.board, line, old, now, step, cause, actor, this.#setAndWay(place)));
      if (now === undefined) this.#vacate(line, old);
      else this.#toldStale.set(place, staleKey(this.board, line, now));
    }
    for (const now of state.copies) {
      if (findCopy(before, now.key) !== undefined) continue;
      const place = this.#tags.find(now.virtual, line);
      this.#tell(lineEvent(this.board, line, undefined, now, step, cause, actor, this.#setAndWay(place)));
      this.#toldStale.set(place, staleKey(this.board, line, now));
    }
    return result;
  }

  #vacate(line: number, copy: Copy): void {
    const place = this.#tags.find(copy.virtual, line);
    if (place < 0) return;
    this.#tags.remove(place);
    this.#toldStale.delete(place);
  }

  /** Newer bytes elsewhere make copies stale without touching them: that is news of its own. */
  #tellStaleness(line: number, actor: Actor): void {
    const state = this.#lines.get(line);
    for (const copy of state?.copies ?? []) {
      const place = this.#tags.find(copy.virtual, line);
      const key = staleKey(this.board, line, copy);
      const told = this.#toldStale.get(place) ?? "";
      if (told === key) continue;
      this.#toldStale.set(place, key);
      const flags = told === "" ? [] : Array.from(told, (flag) => flag === "1");
      const event = lineEvent(
        this.board,
        line,
        copy,
        copy,
        { kind: "snoop-drop" },
        "staleness",
        actor,
        this.#setAndWay(place),
      );
      if (event.kind === "line" && event.before !== undefined)
        this.#tell({ ...event, before: { ...event.before, stale: flags } });
    }
  }

  #push(entry: BufferedStore, actor: Actor): void {
    const { depth } = this.board.model.writeBuffer;
    if (depth === 0) {
      this.#run(entry.line, { kind: "write-ram", offset: entry.offset, bytes: entry.bytes }, "access", actor);
      return;
    }
    // Stores to one line reach it in order, also where ordered and weakly ordered ones meet there.
    const { line, ordered } = entry;
    if (this.#buffer.entries.some((other) => other.line === line && other.ordered !== ordered))
      this.#drainLine(line, actor);
    this.#buffer.push(entry);
    if (!ordered) this.#own(line).pending.push(entry);
    if (this.recording) this.#tell(bufferEvent(this.board, "push", entry, actor));
    while (this.#buffer.entries.length > depth) this.#arrive(this.#buffer.takeOldest(), "environment");
  }

  /** Everything on its way to the line, and whatever must go before it. */
  #drainLine(line: number, actor: Actor | "environment"): void {
    while (this.#buffer.has(line)) for (const entry of this.#buffer.take(line)) this.#arrive(entry, actor);
  }

  #arrive(entry: BufferedStore | undefined, actor: Actor | "environment"): void {
    if (entry === undefined) return;
    const { line, offset, bytes } = entry;
    if (this.recording) this.#tell(bufferEvent(this.board, "drain", entry, actor));
    if (entry.ordered) this.#run(line, { kind: "write-ram", offset, bytes }, "drain", actor);
    else if (entry.copy === undefined) this.#run(line, { kind: "drain" }, "drain", actor);
    else {
      // Into the cache, step by step: the line's place may have to be made free first.
      this.#own(line).pending.shift();
      for (const step of arrivalSteps(entry)) this.#run(line, step, "access", actor);
    }
  }

  #setAndWay(place: number): { readonly set: number; readonly way: number } {
    const { ways } = this.board.model.cache;
    return { set: Math.floor(place / ways), way: place % ways };
  }

  #tell(event: ToldEvent): void {
    this.#told.push(event);
  }

  #peek(line: number): LineState {
    return this.#lines.get(line) ?? newLine(line, this.#lineBytes);
  }

  #own(line: number): LineState {
    let state = this.#lines.get(line);
    if (state === undefined) state = newLine(line, this.#lineBytes);
    else if (!this.#shared.has(line)) return state;
    else state = cloneLine(state);
    this.#shared.delete(line);
    this.#lines.set(line, state);
    return state;
  }
}

/** One digit for each byte, 1 where it differs from the newest; empty when none does. */
function staleKey(board: Board, line: number, copy: Copy): string {
  const { stale } = shownLine(board, line, copy);
  return stale.length === 0 ? "" : stale.map((flag) => (flag ? "1" : "0")).join("");
}

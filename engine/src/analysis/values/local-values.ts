/**
 * Forward analysis of one function: which symbols each storage location may hold before each statement.
 * Joins keep every alternative; an assignment kills what was there on that path. Knows nothing of callers: see provenance.ts.
 */
import { directName } from "../../program/visit.ts";
import { making, newAnswer } from "../../program/dependencies.ts";
import type { ApiFunction } from "../../kernel/contract.ts";
import type {
  BlockId,
  CallStatement,
  Expression,
  Place,
  ProgramFunction,
  Statement,
  StatementId,
} from "../../program/program.ts";
import { apiConversion, bornOf, passesThrough, type Birth, releasedTo } from "./api-effects.ts";
import { isOutOfReach } from "./escaped-locals.ts";
import { fieldKey } from "./field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import {
  assign,
  type Cell,
  evaluate,
  forget,
  initialValue,
  locate,
  peel,
  pointedBy,
  readsShared,
  type State,
} from "./local-evaluation.ts";
import {
  convert,
  isShared,
  type LocalValue,
  type Location,
  type LocationStep,
  makeLocation,
  single,
  type TraceStep,
  union,
  unknownValue,
  withStep,
} from "./symbols.ts";

/** What the analysis of one function asks about others. */
export interface LocalContext {
  api(caller: ProgramFunction, call: CallStatement): ApiFunction | undefined;
  /** Functions of the unit that the call may enter. */
  callees(caller: ProgramFunction, call: CallStatement): readonly ProgramFunction[];
  /** Fields ("record.field") that the function may store to, its callees included. */
  modifies(target: ProgramFunction): Pick<ReadonlySet<string>, "has">;
  /** Parameters through which the function stores (`*out = ...`). */
  fillsParameter(target: ProgramFunction, parameter: number): boolean;
}

export class LocalValues {
  readonly owner: ProgramFunction;
  readonly #context: LocalContext;
  readonly #entry = new Map<BlockId, State>();
  /** By block and index, the states before statements that somebody asked for; never changed once they are here. */
  readonly #within = new Map<BlockId, (State | undefined)[]>();
  readonly #filled = new Map<Statement, readonly Cell[]>();
  /** Solved at the first question: many ask for conditions only, of which there are none. */
  #isSolved = false;
  /** What the values are made of, where that is noted: what they were asked so far, of this function and of others. */
  readonly answer = newAnswer();

  constructor(owner: ProgramFunction, context: LocalContext) {
    this.owner = owner;
    this.#context = context;
  }

  /** The value of an expression just before a statement; before the terminator of `block` where the statement is -1. */
  valueAt(statement: StatementId, expression: Expression, block?: BlockId): LocalValue {
    return evaluate(this.owner, this.#stateAt(statement, block), expression);
  }

  /** The storage that a place means just before a statement. */
  locationAt(statement: StatementId, place: Place, block?: BlockId): Location {
    return locate(this.owner, this.#stateAt(statement, block), place);
  }

  /** What a location is known to hold just before a statement; undefined when nothing on the way said. */
  heldAt(statement: StatementId, key: string, block?: BlockId): LocalValue | undefined {
    return this.#stateAt(statement, block).get(key)?.value;
  }

  /** The cells that a statement fills. */
  filledBy(statement: Statement): readonly Cell[] {
    this.answer?.read();
    let filled = this.#filled.get(statement);
    if (filled) return filled;
    const before = this.#stateAt(statement.id);
    const after = new Map(before);
    making(this.answer, () => this.#apply(after, statement));
    const cells: Cell[] = [];
    for (const [key, cell] of after) if (before.get(key) !== cell) cells.push(cell);
    filled = cells;
    this.#filled.set(statement, filled);
    return filled;
  }

  /** Everything that is known before a statement. */
  cellsAt(statement: StatementId): readonly Cell[] {
    return [...this.#stateAt(statement).values()];
  }

  /** The object that a pointer expression points to, when it is one known object. */
  pointeeAt(statement: StatementId, pointer: Expression): Location | undefined {
    return this.#pointee(this.#stateAt(statement), pointer, []);
  }

  /** Returns of the function: block, and the value it gives back. */
  returns(): readonly { readonly block: BlockId; readonly value: LocalValue | undefined }[] {
    return flowOf(this.owner).order.flatMap((id) => {
      const terminator = this.owner.blocks[id]?.terminator;
      if (terminator?.kind !== "return") return [];
      return [{ block: id, value: terminator.value && this.valueAt(-1, terminator.value, id) }];
    });
  }

  #stateAt(statement: StatementId, block?: BlockId): State {
    this.answer?.read();
    const place = statement >= 0 ? flowOf(this.owner).locate(statement) : undefined;
    const id = place?.block ?? block;
    if (!this.#isSolved) {
      this.#isSolved = true;
      making(this.answer, () => this.#solve());
    }
    const before = id === undefined ? undefined : this.#entry.get(id);
    if (id === undefined || !before) return new Map();
    const statements = this.owner.blocks[id]?.statements ?? [];
    const wanted = place ? place.index : statements.length;
    if (wanted === 0) return before;
    // Whoever asks for one statement asks for the next as well: what is known of the nearest before it is gone on from.
    let known = this.#within.get(id);
    if (!known) {
      known = [];
      this.#within.set(id, known);
    }
    const exact = known[wanted];
    if (exact) return exact;
    let at = wanted - 1;
    while (at > 0 && !known[at]) at--;
    const state = new Map(known[at] ?? before);
    const from = known[at] ? at : 0;
    making(this.answer, () => {
      for (let i = from; i < wanted; i++) {
        const one = statements[i];
        if (one) this.#apply(state, one);
      }
    });
    known[wanted] = state;
    return state;
  }

  #solve(): void {
    const flow = flowOf(this.owner);
    const exits = new Map<BlockId, State>();
    // The round in which a block's exit last changed, and the one in which the block was last looked at.
    const changedIn = new Map<BlockId, number>();
    const lookedIn = new Map<BlockId, number>();
    let now = 0;
    // Values only grow between rounds and are bounded, so this ends; the cap is a belt for pathological graphs.
    for (let round = 0; round < 12; round++) {
      let changed = false;
      for (const id of flow.order) {
        const block = this.owner.blocks[id];
        if (!block) continue;
        const predecessors = flow.predecessors[id] ?? [];
        const looked = lookedIn.get(id);
        // What came in did not change since: neither does what goes out.
        if (looked !== undefined && !predecessors.some((one) => (changedIn.get(one) ?? -1) > looked)) continue;
        lookedIn.set(id, now++);
        const incoming = predecessors.map((one) => exits.get(one)).filter((one) => one !== undefined);
        const joined = id === 0 && incoming.length === 0 ? new Map<string, Cell>() : join(this.owner, incoming);
        const before = this.#entry.get(id);
        if (before && sameState(before, joined)) continue;
        changed = true;
        this.#entry.set(id, joined);
        changedIn.set(id, now++);
        const assigns = block.terminator.kind === "iterate" ? block.terminator.assigns : [];
        if (assigns.length === 0 && !block.statements.some(changesState)) {
          exits.set(id, joined);
          continue;
        }
        const state = new Map(joined);
        for (const statement of block.statements) this.#apply(state, statement);
        for (const place of assigns) assign(this.owner, state, locate(this.owner, state, place), unknownValue);
        exits.set(id, state);
      }
      if (!changed) return;
    }
  }

  #apply(state: State, statement: Statement): void {
    switch (statement.kind) {
      case "assign": {
        const location = locate(this.owner, state, statement.target);
        let value = evaluate(this.owner, state, statement.value);
        const stored = isShared(location) || location.steps.length > 0;
        if (stored) value = withStep(value, { statement: statement.id, role: "store" });
        else {
          const role = readsShared(this.owner, state, statement.value) ? "load" : "assign";
          value = withStep(value, { statement: statement.id, role });
        }
        assign(this.owner, state, location, value);
        return;
      }
      case "zero":
        assign(this.owner, state, locate(this.owner, state, statement.target), single({ kind: "null" }));
        return;
      case "call":
        this.#call(state, statement);
        return;
      case "declare":
        forget(state, `v${statement.variable}`);
        return;
      case "opaque":
      case "evaluate":
        return;
    }
  }

  #call(state: State, call: CallStatement): void {
    const { owner } = this;
    const api = this.#context.api(owner, call);
    const callees = this.#context.callees(owner, call);
    const result = this.#resultOf(state, call, api);
    this.#effects(state, call, api, callees);
    if (!call.result) return;
    const location = locate(owner, state, call.result);
    const stored = isShared(location) || location.steps.length > 0;
    assign(owner, state, location, withStep(result, { statement: call.id, role: stored ? "store" : "assign" }));
  }

  #resultOf(state: State, call: CallStatement, api: ApiFunction | undefined): LocalValue {
    const name = directName(call);
    const argument = (index: number): LocalValue => {
      const expression = call.arguments[index];
      return expression ? evaluate(this.owner, state, expression) : unknownValue;
    };
    const step: TraceStep = { statement: call.id, role: "convert" };
    if (this.#context.callees(this.owner, call).length === 0) {
      // smp_load_acquire(p) is a load of *p (include/asm-generic/barrier.h:176, linux 6.12.117).
      const pointer = name === "smp_load_acquire" ? call.arguments[0] : undefined;
      const loaded = pointer && this.#pointee(state, pointer, []);
      if (loaded) return state.get(loaded.key)?.value ?? initialValue(this.owner, loaded);
      const passed = passesThrough(name);
      if (passed !== undefined) return argument(passed);
      if (name === "container_of") return convert(argument(0), "offset");
      const conversion = api && apiConversion(api);
      if (conversion) return convert(argument(conversion.argument), conversion.conversion, step);
    }
    const born = api && bornOf(api, call).find((one) => one.slot === "result");
    if (born) return birthValue(call, born);
    return single({ kind: "result", call });
  }

  #effects(state: State, call: CallStatement, api: ApiFunction | undefined, callees: readonly ProgramFunction[]): void {
    const released = api && releasedTo(api, call);
    const [, stored] = call.arguments;
    const target = released && stored && this.#pointee(state, released, []);
    if (target) {
      const value = evaluate(this.owner, state, stored);
      assign(this.owner, state, target, withStep(value, { statement: call.id, role: "store" }));
    }
    if (api)
      for (const born of bornOf(api, call)) {
        if (born.slot === "result") continue;
        const target = born.argument === undefined ? undefined : call.arguments[born.argument];
        const location = target
          ? this.#pointee(state, target, born.fields ?? [])
          : behindResult(call, born.fields ?? []);
        if (location)
          assign(this.owner, state, location, withStep(birthValue(call, born), { statement: call.id, role: "store" }));
      }
    else
      call.arguments.forEach((argument, index) => {
        const place = peel(argument);
        if (place.kind !== "address") return;
        if (callees.length > 0 && !callees.some((one) => this.#context.fillsParameter(one, index))) return;
        const location = locate(this.owner, state, place.place);
        // Of unknown functions only plain out-parameters are forgotten: a struct handed over by address mostly stays as it was.
        if (
          callees.length === 0 &&
          (isShared(location) || location.type.kind === "record" || location.type.kind === "array")
        )
          return;
        const before = state.get(location.key)?.value ?? single({ kind: "entry", location });
        assign(this.owner, state, location, single({ kind: "after", call, location, before }));
      });
    if (callees.length === 0) return;
    for (const [key, cell] of state) {
      const field = fieldOf(cell.location);
      if (!field || !callees.some((one) => this.#context.modifies(one).has(field))) continue;
      if (isOutOfReach(this, this.owner, cell.location, call, (one) => this.#context.callees(this.owner, one)))
        continue;
      state.set(key, {
        location: cell.location,
        value: single({ kind: "after", call, location: cell.location, before: cell.value }),
      });
    }
  }

  /** The storage behind a pointer argument, and a member of it. */
  #pointee(
    state: State,
    argument: Expression,
    fields: readonly { readonly record: string; readonly name: string }[],
  ): Location | undefined {
    const pointed = peel(argument);
    let base: Location | undefined;
    if (pointed.kind === "address") base = locate(this.owner, state, pointed.place);
    else {
      const value = evaluate(this.owner, state, argument);
      base = value.length === 1 ? pointedBy(value, { kind: "unknown" }) : undefined;
    }
    if (!base) return undefined;
    return makeLocation(
      base.root,
      [...base.steps, ...fields.map((one): LocationStep => ({ kind: "field", ...one }))],
      fields.length > 0 ? { kind: "unknown" } : base.type,
    );
  }
}

const fields = new WeakMap<Location, string | false>();

/** The field that a location is; told once, since every call asks for all that is known. */
function fieldOf(location: Location): string | undefined {
  let field = fields.get(location);
  if (field === undefined) {
    field = fieldKey(location.steps) ?? false;
    fields.set(location, field);
  }
  return field === false ? undefined : field;
}

/** A member of the struct that a call returns a pointer to. */
function behindResult(
  call: CallStatement,
  fields: readonly { readonly record: string; readonly name: string }[],
): Location {
  const steps = fields.map((one): LocationStep => ({ kind: "field", ...one }));
  return makeLocation({ kind: "symbol", symbol: { kind: "result", call } }, [{ kind: "deref" }, ...steps], {
    kind: "unknown",
  });
}

function birthValue(call: CallStatement, born: Birth): LocalValue {
  return single({ kind: "birth", call, made: born.made, slot: born.slot }, [{ statement: call.id, role: "allocate" }]);
}

function changesState(statement: Statement): boolean {
  return statement.kind !== "opaque" && statement.kind !== "evaluate";
}

/** States are shared and never changed once they are a block's: a join of one is that one. */
function join(owner: ProgramFunction, states: readonly State[]): State {
  const [first, ...others] = states;
  if (!first) return new Map();
  if (others.every((state) => state === first)) return first;
  const joined: State = new Map(first);
  for (const [key, cell] of first) {
    if (others.every((state) => state.get(key) === cell)) continue;
    joined.set(key, joinCells(owner, states, key, cell.location));
  }
  for (const state of others)
    for (const [key, { location }] of state)
      if (!joined.has(key)) joined.set(key, joinCells(owner, states, key, location));
  return joined;
}

function joinCells(owner: ProgramFunction, states: readonly State[], key: string, location: Location): Cell {
  let value: LocalValue | undefined;
  for (const state of states) {
    const one = state.get(key)?.value ?? initialValue(owner, location);
    value = value ? union(value, one) : one;
  }
  return { location, value: value ?? unknownValue };
}

function sameState(a: State, b: State): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [key, cell] of b) {
    const other = a.get(key);
    if (!other) return false;
    if (other === cell) continue;
    if (other.value !== cell.value && union(other.value, cell.value) !== other.value) return false;
    if (other.value.length !== cell.value.length) return false;
  }
  return true;
}

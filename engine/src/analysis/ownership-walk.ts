/**
 * Follows one streaming mapping from its map call along every feasible way through the function: who has the buffer, what
 * becomes of the handle, what the CPU touches meanwhile. Property simulation: states are merged only where the owner agrees, and
 * what branches taught is kept as far as the merged ways agree on it.
 */
import type { ApiFunction } from "../kernel/contract.ts";
import type { BlockId, CallStatement, Expression, Place, ProgramFunction, Statement } from "../program/program.ts";
import { fieldKey } from "./field-keys.ts";
import { flowOf } from "./flow.ts";
import { accessesOf, type AccessSummaries, type CpuAccess, terminatorLoads } from "./ownership-access.ts";
import { conditionOf, outcomes, truthOf } from "./ownership-conditions.ts";
import { freesPlainly, mayUnmapByName, returnedVariables, unmapping } from "./mapping-ends.ts";
import { fieldName, sameField } from "./ownership-fields.ts";
import {
  type Environment,
  madeAt,
  madeBy,
  type OwnershipValues,
  peel,
  plain,
  resultName,
  type SymbolicValue,
  textOfValue,
} from "./ownership-values.ts";

/** What a mapping is made of, as the function that maps sees it. */
export interface MapSite {
  readonly owner: ProgramFunction;
  readonly call: CallStatement;
  /** The buffer: a pointer's value, or the sg list's; undefined where it is not followed. */
  readonly buffer: SymbolicValue | undefined;
  /** Names under which the handle is known at once: the call's result, or what it leaves in an out-parameter. */
  readonly handles: readonly string[];
  /** Fields in which the call itself leaves the handle. */
  readonly fields: readonly string[];
  /** Whether a result of 0 means success, where the call is a wrapper that says so. */
  readonly succeeds: boolean | undefined;
  /** How the map's own result says that it failed, where 0 is the good one. */
  readonly fails?: "errno";
  /** Whether an access is inside the mapped range. */
  inside(rest: string, access: CpuAccess): boolean;
}

export interface HandleStore {
  readonly statement: Statement;
  readonly place: Place;
}
export interface HandlePass {
  readonly call: CallStatement;
  readonly argument: number;
  /** The handle itself, the address of the storage that holds it, or something computed from it. */
  readonly by: "value" | "address" | "derived";
}
/** A branch that compares the handle itself with 0. */
export interface ZeroTest {
  readonly condition: Expression;
  readonly block: BlockId;
}
export interface MappedAccess {
  readonly access: CpuAccess;
  readonly block: BlockId;
  /** What follows the buffer's own path: "" for its first byte, ".status", "+#4". */
  readonly rest: string;
}

/** A return of the function with the mapping still in place. */
export interface MappedExit {
  readonly block: BlockId;
  /** The returned value's name, and its truth where it is known. */
  readonly value: string;
  readonly truth: boolean | undefined;
  /** What branches had taught when it was reached. */
  readonly truths: ReadonlyMap<string, boolean>;
}

/** What a walk saw. */
export interface Track {
  readonly site: MapSite;
  readonly checks: readonly CallStatement[];
  readonly zeroTests: readonly ZeroTest[];
  /** Comparisons of the handle with anything else: a test by hand. */
  readonly comparisons: number;
  readonly returned: boolean;
  readonly stores: readonly HandleStore[];
  /** Fields that hold the handle: "record.field", or "?.field" where the record is not known. */
  readonly fields: ReadonlySet<string>;
  readonly passes: readonly HandlePass[];
  readonly releases: readonly CallStatement[];
  readonly handBacks: readonly CallStatement[];
  readonly accesses: readonly MappedAccess[];
  /** Some return is reached while the device owns the buffer. */
  readonly leavesMapped: boolean;
  /** Calls into the unit after the mapping. */
  readonly entered: ReadonlySet<ProgramFunction>;
  /** Unmaps in this function that certainly get this very handle, or this very list. */
  readonly unmaps: readonly CallStatement[];
  /** Unmaps that are reached when such an unmap has been made already. */
  readonly doubleUnmaps: readonly CallStatement[];
  /** Calls that free the buffer while it is mapped. */
  readonly earlyFrees: readonly CallStatement[];
  /** Returns that are reached while nobody has unmapped the buffer. */
  readonly exits: readonly MappedExit[];
}

/** What a walk asks about the rest of the unit. */
export interface WalkContext {
  readonly summaries: AccessSummaries;
  api(caller: ProgramFunction, call: CallStatement): ApiFunction | undefined;
  callees(caller: ProgramFunction, call: CallStatement): readonly ProgramFunction[];
  /** Whether the function, or one that it calls, ends the device's ownership of some buffer. */
  releases(target: ProgramFunction): boolean;
  /** Whether the unit stores to the field ("record.field"), and nothing but 0. */
  isOnlyCleared(field: string): boolean;
  /** Whether the function, or one that it calls, unmaps something. */
  unmaps(target: ProgramFunction): boolean;
  /** Whether it, or one that it calls, tests handles with dma_mapping_error(). */
  checks(target: ProgramFunction): boolean;
  /** Whether it, or one that it calls, gives some buffer to the device. */
  handsBack(target: ProgramFunction): boolean;
}

interface State {
  readonly device: boolean;
  readonly life: Life;
  readonly handles: ReadonlySet<string>;
  readonly derived: ReadonlySet<string>;
  /** Objects whose memory is the buffer, with the buffer's path in them. */
  readonly buffers: ReadonlyMap<string, string>;
  readonly truths: ReadonlyMap<string, boolean>;
}

/** Whether the mapping is in place: certainly, certainly not any more, or whoever was called may have ended it. */
type Life = "mapped" | "unmapped" | "unsure";

const mostSteps = 4000;

export function walk(site: MapSite, values: OwnershipValues, context: WalkContext): Track {
  return new Walk(site, values, context).run();
}

class Walk {
  readonly #site: MapSite;
  readonly #values: OwnershipValues;
  readonly #context: WalkContext;
  readonly #owner: ProgramFunction;
  readonly #states = new Map<string, State>();
  readonly #work: { block: BlockId; key: string }[] = [];
  readonly #checks = new Set<CallStatement>();
  readonly #zeroTests = new Map<BlockId, ZeroTest>();
  #comparisons = 0;
  #returned = false;
  readonly #stores = new Map<Statement, HandleStore>();
  readonly #passes = new Map<string, HandlePass>();
  readonly #releases = new Set<CallStatement>();
  readonly #handBacks = new Set<CallStatement>();
  readonly #accesses = new Map<string, MappedAccess>();
  #leavesMapped = false;
  readonly #entered = new Set<ProgramFunction>();
  readonly #fields: Set<string>;
  readonly #unmaps = new Set<CallStatement>();
  readonly #doubleUnmaps = new Set<CallStatement>();
  readonly #earlyFrees = new Set<CallStatement>();
  readonly #exits = new Map<string, MappedExit>();
  /** Variables that the function returns: whether it fails is a property that states are kept apart by. */
  readonly #results: readonly string[];

  constructor(site: MapSite, values: OwnershipValues, context: WalkContext) {
    this.#site = site;
    this.#values = values;
    this.#context = context;
    this.#owner = site.owner;
    this.#fields = new Set(site.fields);
    this.#results = returnedVariables(site.owner);
  }

  run(): Track {
    this.#start();
    for (let steps = 0; steps < mostSteps; steps++) {
      const next = this.#work.pop();
      if (!next) break;
      const state = this.#states.get(next.key);
      if (state) this.#through(next.block, 0, this.#values.entryOf(next.block), state);
    }
    return {
      site: this.#site,
      checks: [...this.#checks],
      zeroTests: [...this.#zeroTests.values()],
      comparisons: this.#comparisons,
      returned: this.#returned,
      stores: [...this.#stores.values()],
      fields: this.#fields,
      passes: [...this.#passes.values()],
      releases: [...this.#releases],
      handBacks: [...this.#handBacks],
      accesses: [...this.#accesses.values()],
      leavesMapped: this.#leavesMapped,
      entered: this.#entered,
      unmaps: [...this.#unmaps],
      doubleUnmaps: [...this.#doubleUnmaps],
      earlyFrees: [...this.#earlyFrees],
      exits: [...this.#exits.values()],
    };
  }

  #start(): void {
    const flow = flowOf(this.#owner);
    const place = flow.locate(this.#site.call.id);
    if (!place || !this.#values.settled) return;
    const environment = this.#values.before(this.#site.call);
    const truths = new Map<string, boolean>();
    for (const edge of flow.edgesTo(place.block)) {
      const from = this.#owner.blocks[edge.from];
      if (from?.terminator.kind !== "branch" && from?.terminator.kind !== "choice") continue;
      for (const one of outcomes(this.#values, this.#values.exitOf(edge.from), from.terminator, new Map()))
        if (one.target === edge.to) for (const [name, truth] of one.learned) truths.set(name, truth);
    }
    const { call, buffer, handles, succeeds } = this.#site;
    for (const name of [...truths.keys()]) if (madeBy(call).some((made) => name.includes(made))) truths.delete(name);
    // Of one entry just one is mapped: `!= 1` is then a test for failure.
    const count = call.arguments.some((one) => textOfValue(this.#values.evaluate(environment, one)) === "#1");
    if (count) for (const name of [`${resultName(call)}!=#1`, `#1!=${resultName(call)}`]) truths.set(name, false);
    for (const handle of handles) truths.set(handle, this.#site.fails !== "errno");
    if (succeeds !== undefined) truths.set(resultName(call), !succeeds);
    if (call.result && handles.includes(resultName(call))) this.#stored(call, call.result);
    this.#values.step(environment, call);
    const state: State = {
      device: true,
      life: "mapped",
      handles: new Set(handles),
      derived: new Set(),
      buffers: buffer ? new Map([[buffer.object, buffer.path]]) : new Map(),
      truths,
    };
    this.#through(place.block, place.index + 1, environment, state);
  }

  /** Runs a block from a statement on, and queues the blocks behind it. */
  #through(block: BlockId, from: number, environment: Environment, before: State): void {
    const body = this.#owner.blocks[block];
    if (!body) return;
    let state = before;
    for (let i = from; i < body.statements.length; i++) {
      const statement = body.statements[i];
      if (!statement) continue;
      if (statement === this.#site.call) return; // The next round maps anew.
      state = this.#statement(block, environment, statement, state);
      this.#values.step(environment, statement);
    }
    const { terminator } = body;
    if (state.device)
      for (const access of terminatorLoads(this.#values, environment, terminator)) this.#access(block, access, state);
    if (terminator.kind === "branch") this.#tested(block, environment, terminator.condition, state);
    if (terminator.kind === "return") {
      if (terminator.value && isHandle(textOfValue(this.#values.evaluate(environment, terminator.value)), state))
        this.#returned = true;
      if (state.device) this.#leavesMapped = true;
      if (state.life === "mapped") this.#exit(block, environment, terminator.value, state);
    }
    const never = terminator.kind === "branch" ? this.#neverTrue(environment, terminator.condition) : undefined;
    const truths = never === undefined ? state.truths : new Map([...state.truths, [never, false]]);
    for (const { target, learned } of outcomes(this.#values, environment, terminator, truths))
      this.#enter(block, target, {
        ...state,
        life: state.life === "mapped" && this.#mayDecide(block, environment, target, state) ? "unsure" : state.life,
        truths: new Map([...state.truths, ...learned]),
      });
  }

  /** The name of a tested flag that the driver only ever sets to 0: what is behind it is not executed. */
  #neverTrue(environment: Environment, condition: Expression): string | undefined {
    let at = peel(condition);
    while (at.kind === "unary" && at.operator === "!") at = peel(at.operand);
    if (at.kind !== "read") return undefined;
    const key = fieldKey(at.place.steps);
    if (key === undefined || !this.#context.isOnlyCleared(key)) return undefined;
    return conditionOf(this.#values, environment, condition).name;
  }

  /** Goes over an edge: what the target makes anew is forgotten, and a join's name takes what comes in. */
  #enter(from: BlockId, target: BlockId, state: State): void {
    const stale = madeAt(target);
    const isStale = (name: string): boolean => stale.some((made) => name.includes(made));
    const handles = new Set([...state.handles].filter((name) => !isStale(name)));
    const derived = new Set([...state.derived].filter((name) => !isStale(name)));
    const buffers = new Map([...state.buffers].filter(([object, path]) => !isStale(object + path)));
    const truths = new Map([...state.truths].filter(([name]) => !isStale(name)));
    for (const { name, key } of this.#values.joinsOf(target)) {
      const coming = this.#values.heldAtExit(from, key);
      const text = textOfValue(coming);
      if (state.handles.has(text)) handles.add(name);
      else if (this.#mentions(text, state)) derived.add(name);
      const path = state.buffers.get(coming.object);
      if (path !== undefined && path === coming.path) buffers.set(name, "");
      const truth = /^#-?\d+$/.test(text) ? text !== "#0" : state.truths.get(text);
      if (truth !== undefined) truths.set(name, truth);
    }
    const failing = this.#results.map((one) => truthOf(truths, this.#values.valueAtEntry(target, one))).join();
    const key = `${target} ${state.device} ${state.life} ${failing}`;
    const next: State = { device: state.device, life: state.life, handles, derived, buffers, truths };
    const known = this.#states.get(key);
    const merged = known ? merge(known, next) : next;
    if (merged === known) return;
    this.#states.set(key, merged);
    this.#work.push({ block: target, key });
  }

  #statement(block: BlockId, environment: Environment, statement: Statement, before: State): State {
    let state = before;
    if (statement.kind === "call") state = withoutNames(state, madeBy(statement));
    if (state.device)
      for (const access of accessesOf(this.#values, environment, statement, this.#context.summaries))
        this.#access(block, access, state);
    if (statement.kind === "assign") {
      const text = textOfValue(this.#values.evaluate(environment, statement.value));
      if (isHandle(text, state)) this.#stored(statement, statement.target);
    }
    return statement.kind === "call" ? this.#call(environment, statement, state) : state;
  }

  #call(environment: Environment, call: CallStatement, before: State): State {
    let state = before;
    const api = this.#context.api(this.#owner, call);
    const callees = this.#context.callees(this.#owner, call);
    for (const callee of callees) this.#entered.add(callee);
    const passes = call.arguments.flatMap((argument, index): readonly HandlePass[] => {
      const text = textOfValue(this.#values.evaluate(environment, argument));
      if (this.#mentions(text, state))
        return [{ call, argument: index, by: state.handles.has(text) ? "value" : "derived" }];
      const pointed = peel(argument);
      if (pointed.kind !== "address") return [];
      const held = this.#values.read(environment, this.#values.locate(environment, pointed.place));
      return this.#mentions(textOfValue(held), state) ? [{ call, argument: index, by: "address" }] : [];
    });
    const concerned = passes.length > 0;
    if (api?.effect !== "check-handle")
      for (const pass of passes) this.#passes.set(`${call.id} ${pass.argument}`, pass);
    const result = resultName(call);
    if (api?.effect === "check-handle") {
      if (concerned || this.#mayConcern(environment, call, api, state)) {
        this.#checks.add(call);
        return { ...state, truths: new Map([...state.truths, [result, false]]) };
      }
      return state;
    }
    if (concerned && callees.some((one) => this.#context.checks(one)))
      state = { ...state, truths: new Map([...state.truths, [result, false]]) };
    if (concerned) state = { ...state, derived: new Set([...state.derived, result]) };
    state = this.#lifeAfter(environment, call, api, callees, concerned, state);
    return this.#ownership(environment, call, api, callees, concerned, state);
  }

  /** Whether the mapping is still in place after a call. */
  #lifeAfter(
    environment: Environment,
    call: CallStatement,
    api: ApiFunction | undefined,
    callees: readonly ProgramFunction[],
    concerned: boolean,
    state: State,
  ): State {
    const ends = api !== undefined && unmapping.has(api.effect);
    if (ends && this.#isExactly(environment, call, api, state)) {
      this.#unmaps.add(call);
      if (state.life === "unmapped") this.#doubleUnmaps.add(call);
      return { ...state, life: "unmapped" };
    }
    if (state.life !== "mapped") return state;
    if (state.life === "mapped" && freesPlainly(nameOf(call)) && callees.length === 0) {
      const freed = call.arguments.map((one) => textOfValue(this.#values.evaluate(environment, one)));
      if (freed.some((one) => this.#holdsBuffer(one, state))) this.#earlyFrees.add(call);
      return state;
    }
    const gone =
      (ends && !this.#isOther(environment, call, api, state)) ||
      callees.some((one) => this.#context.unmaps(one)) ||
      (api === undefined && callees.length === 0 && this.#mayUnmap(environment, call, concerned, state));
    return gone ? { ...state, life: "unsure" } : state;
  }

  /**
   * Whether a branch may be a test for the mapping that the walk does not understand, so that its edge says nothing of it:
   * the edge passes by an unmap, or the condition is a state variable that got a constant on some way.
   */
  #mayDecide(block: BlockId, environment: Environment, target: BlockId, state: State): boolean {
    const terminator = this.#owner.blocks[block]?.terminator;
    if (terminator?.kind === "iterate") return target === terminator.exit && this.#hasUnmap(terminator.body);
    if (terminator?.kind !== "branch") return false;
    const { name } = conditionOf(this.#values, environment, terminator.condition);
    if (truthOf(state.truths, plain(name)) !== undefined) return false;
    if (this.#isStateVariable(name)) return true;
    const other = target === terminator.then ? terminator.otherwise : terminator.then;
    if (!this.#hasUnmap(other)) return false;
    const after = this.#owner.blocks[other]?.terminator;
    return (after?.kind === "jump" && after.target === target) || flowOf(this.#owner).reaches(other, block);
  }

  #hasUnmap(block: BlockId): boolean {
    return (this.#owner.blocks[block]?.statements ?? []).some((one) => {
      if (one.kind !== "call") return false;
      const api = this.#context.api(this.#owner, one);
      if (api) return unmapping.has(api.effect);
      return this.#context.callees(this.#owner, one).some((callee) => this.#context.unmaps(callee));
    });
  }

  /** A join that is a constant on one of the ways to it. */
  #isStateVariable(name: string): boolean {
    for (const [, at = ""] of name.matchAll(/<J(\d+):/g)) {
      const block = Number(at);
      for (const join of this.#values.joinsOf(block))
        if (name.includes(join.name))
          for (const from of flowOf(this.#owner).predecessors[block] ?? [])
            if (/^#-?\d+$/.test(textOfValue(this.#values.heldAtExit(from, join.key)))) return true;
    }
    return false;
  }

  /** The handle (or list) is that of another map of this function, or lies in a field that ours never went to. */
  #isOther(environment: Environment, call: CallStatement, api: ApiFunction, state: State): boolean {
    const at = api.parameters.findIndex((one) => one.role === "handle" || one.role === "sg" || one.role === "sgt");
    const argument = call.arguments[at];
    if (!argument) return false;
    const value = this.#values.evaluate(environment, argument);
    const text = textOfValue(value);
    if (api.parameters[at]?.role !== "handle") return !/<[JXAR]/.test(text) && state.buffers.size > 0;
    const made = /^<R(\d+)>$/.exec(text);
    if (made) {
      const from = flowOf(this.#owner).statement(Number(made[1]));
      const by = from?.kind === "call" ? this.#context.api(this.#owner, from) : undefined;
      return by?.effect === "map-streaming" || by?.effect === "map-resource";
    }
    return false;
  }

  /** The unmap gets the handle itself, or the list itself. */
  #isExactly(environment: Environment, call: CallStatement, api: ApiFunction, state: State): boolean {
    const at = api.parameters.findIndex((one) => one.role === "handle" || one.role === "sg" || one.role === "sgt");
    const argument = call.arguments[at];
    if (!argument) return false;
    const value = this.#values.evaluate(environment, argument);
    if (api.parameters[at]?.role === "handle") return state.handles.has(textOfValue(value));
    return state.buffers.get(value.object) === value.path;
  }

  /** The memory itself, or the packet whose data it is. */
  #holdsBuffer(freed: string, state: State): boolean {
    for (const [object, path] of state.buffers)
      if (freed === object + path || object === `<L ${freed}.data>` || object.startsWith(`<L ${freed}.data@`))
        return true;
    return false;
  }

  #mayUnmap(environment: Environment, call: CallStatement, concerned: boolean, state: State): boolean {
    if (call.callee.kind === "direct") return mayUnmapByName(call.callee.name);
    return this.#mayRelease(environment, call, concerned, state);
  }

  #exit(block: BlockId, environment: Environment, returned: Expression | undefined, state: State): void {
    const value = returned ? this.#values.evaluate(environment, returned) : plain("");
    const name = textOfValue(value);
    const truth = truthOf(state.truths, value);
    this.#exits.set(`${block} ${name} ${truth}`, { block, value: name, truth, truths: state.truths });
  }

  /** What a call does to the ownership of the buffer. */
  #ownership(
    environment: Environment,
    call: CallStatement,
    api: ApiFunction | undefined,
    callees: readonly ProgramFunction[],
    concerned: boolean,
    state: State,
  ): State {
    const ours = (): boolean => concerned || this.#mayConcern(environment, call, api, state);
    const ends =
      (api !== undefined && releasing.has(api.effect) && ours()) ||
      callees.some((one) => this.#context.releases(one)) ||
      (api === undefined && callees.length === 0 && this.#mayRelease(environment, call, concerned, state));
    const begins =
      (api !== undefined && handingBack.has(api.effect) && ours()) ||
      callees.some((one) => this.#context.handsBack(one)) ||
      (api === undefined && callees.length === 0 && /sync|flush/.test(nameOf(call)));
    if (ends) this.#releases.add(call);
    if (begins) this.#handBacks.add(call);
    if (ends) return { ...state, device: false };
    return begins ? { ...state, device: true } : state;
  }

  /** A function that nobody knows, called by its name or through a pointer, may give the buffer back. */
  #mayRelease(environment: Environment, call: CallStatement, concerned: boolean, state: State): boolean {
    if (call.callee.kind === "direct") return /unmap|unprep|sync|free|release|complete|destroy/.test(call.callee.name);
    return (
      concerned ||
      call.arguments.some((argument) => state.buffers.has(this.#values.evaluate(environment, argument).object))
    );
  }

  #access(block: BlockId, access: CpuAccess, state: State): void {
    const path = state.buffers.get(access.at.object);
    if (path === undefined || !access.at.path.startsWith(path)) return;
    const rest = access.at.path.slice(path.length);
    if (rest !== "" && !".+-".includes(rest.charAt(0))) return;
    if (!this.#site.inside(rest, access)) return;
    this.#accesses.set(`${access.statement} ${block} ${access.kind} ${rest}`, { access, block, rest });
  }

  #stored(statement: Statement, place: Place): void {
    const field = fieldName(place);
    if (field !== undefined) this.#fields.add(field);
    this.#stores.set(statement, { statement, place });
  }

  #tested(block: BlockId, environment: Environment, condition: Expression, state: State): void {
    const { name } = conditionOf(this.#values, environment, condition);
    if (state.handles.has(name)) this.#zeroTests.set(block, { condition, block });
    else if (/!=|[<>=]/.test(name) && this.#mentions(name, state)) this.#comparisons++;
  }

  #mentions(text: string, state: State): boolean {
    if (isHandle(text, state)) return true;
    for (const name of state.derived) if (text.includes(name)) return true;
    return false;
  }

  /** Whether an API call may be about our handle: the device and the size are shared by every mapping, and say nothing. */
  #mayConcern(environment: Environment, call: CallStatement, api: ApiFunction | undefined, state: State): boolean {
    return call.arguments.some((argument, index) => {
      const role = api?.parameters[index]?.role;
      return (role === undefined || !shared.has(role)) && this.#mayBeOurs(environment, argument, state);
    });
  }

  /** Whether an argument may be the handle (or the sg list): by value, by the field that it is kept in, or by not being known. */
  #mayBeOurs(environment: Environment, argument: Expression, state: State): boolean {
    const value = this.#values.evaluate(environment, argument);
    const text = textOfValue(value);
    if (this.#mentions(text, state) || state.buffers.has(value.object)) return true;
    const pointed = peel(argument);
    if (pointed.kind === "read") {
      const field = fieldName(pointed.place);
      if (field !== undefined && [...this.#fields].some((one) => sameField(one, field))) return true;
    }
    return /^<(J|X|A)/.test(text) || (text.startsWith("<L") && this.#stores.size > 0 && this.#fields.size === 0);
  }
}

const shared: ReadonlySet<string> = new Set(["device", "size", "length", "count", "offset", "direction", "attrs"]);
const releasing: ReadonlySet<string> = new Set([
  "unmap-streaming",
  "unmap-sg",
  "sync-for-cpu",
  "sync-sg-for-cpu",
  "cpu-access-begin",
  "unmap-resource",
]);
const handingBack: ReadonlySet<string> = new Set(["sync-for-device", "sync-sg-for-device", "cpu-access-end"]);

/** The handle, or something computed from nothing but it: `cpu_to_le32(handle)`, `handle + 2`. */
function isHandle(text: string, state: State): boolean {
  for (const handle of state.handles) if (text.includes(handle)) return true;
  return false;
}

function nameOf(call: CallStatement): string {
  return call.callee.kind === "direct" ? call.callee.name : "";
}

function withoutNames(state: State, names: readonly string[]): State {
  const kept = (name: string): boolean => !names.some((made) => name.includes(made));
  const all =
    [...state.handles].every(kept) &&
    [...state.derived].every(kept) &&
    [...state.buffers].every(([object, path]) => kept(object + path)) &&
    [...state.truths.keys()].every(kept);
  if (all) return state;
  return {
    device: state.device,
    life: state.life,
    handles: new Set([...state.handles].filter(kept)),
    derived: new Set([...state.derived].filter(kept)),
    buffers: new Map([...state.buffers].filter(([object, path]) => kept(object + path))),
    truths: new Map([...state.truths].filter(([name]) => kept(name))),
  };
}

/** What holds on both ways: any name of the handle, only the common names of the buffer, only the common truths. */
function merge(known: State, next: State): State {
  const handles = new Set([...known.handles, ...next.handles]);
  const derived = new Set([...known.derived, ...next.derived]);
  const buffers = new Map([...known.buffers].filter(([object, path]) => next.buffers.get(object) === path));
  const truths = new Map([...known.truths].filter(([name, truth]) => next.truths.get(name) === truth));
  const same =
    handles.size === known.handles.size &&
    derived.size === known.derived.size &&
    buffers.size === known.buffers.size &&
    truths.size === known.truths.size;
  return same ? known : { device: known.device, life: known.life, handles, derived, buffers, truths };
}

/**
 * Follows one streaming mapping from its map call along every feasible way through the function: who has the buffer, what
 * becomes of the handle, what the CPU touches meanwhile. Property simulation: states are merged only where the owner agrees, and
 * what branches taught is kept as far as the merged ways agree on it.
 */
import { directName } from "../../program/visit.ts";
import type { ApiFunction } from "../../kernel/contract.ts";
import type { BlockId, CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { accessesOf, type CpuAccess, terminatorLoads } from "./ownership-access.ts";
import { conditionOf, outcomes, truthOf } from "./ownership-conditions.ts";
import {
  freesPlainly,
  handingBack,
  mayUnmapByName,
  releasing,
  returnedVariables,
  unmapping,
  waits,
} from "./mapping-ends.ts";
import { Decisions, flagsOf } from "./ownership-decisions.ts";
import { fieldName } from "./ownership-fields.ts";
import { HandleIdentity, holdsBuffer } from "./ownership-identity.ts";
import { isHandle, type Life, mentions, merge, type State, withoutNames } from "./ownership-state.ts";
import type {
  HandlePass,
  HandleStore,
  HandleTest,
  MappedAccess,
  MappedExit,
  MapSite,
  Track,
  WalkContext,
} from "./ownership-track.ts";
import { peel } from "../values/local-evaluation.ts";
import {
  type Environment,
  madeAt,
  madeBy,
  type OwnershipValues,
  plain,
  resultName,
  textOfValue,
} from "./ownership-values.ts";

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
  readonly #zeroTests = new Map<BlockId, HandleTest>();
  readonly #comparisons = new Map<BlockId, HandleTest>();
  /** Names computed from the handle whose comparison may be a test of it: not what a helper that tests nothing gives back. */
  readonly #telling = new Set<string>();
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
  readonly #remaps = new Set<CallStatement>();
  readonly #earlyFrees = new Set<CallStatement>();
  readonly #exits = new Map<string, MappedExit>();
  /** Variables that the function returns, and its flags: whether it fails is a property that states are kept apart by. */
  readonly #results: readonly string[];
  readonly #decisions: Decisions;
  readonly #identity: HandleIdentity;

  constructor(site: MapSite, values: OwnershipValues, context: WalkContext) {
    this.#site = site;
    this.#values = values;
    this.#context = context;
    this.#owner = site.owner;
    this.#fields = new Set(site.fields);
    this.#results = [...new Set([...returnedVariables(site.owner), ...flagsOf(site.owner)])];
    this.#decisions = new Decisions(values, context);
    this.#identity = new HandleIdentity(values, context);
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
      comparisons: [...this.#comparisons.values()],
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
      remaps: [...this.#remaps],
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
        life: this.#lifeOver(block, environment, target, learned, state),
        truths: new Map([...state.truths, ...learned]),
      });
  }

  #lifeOver(
    block: BlockId,
    environment: Environment,
    target: BlockId,
    learned: ReadonlyMap<string, boolean>,
    state: State,
  ): Life {
    const { life } = state;
    const mayBe =
      (life === "mapped" && this.#decisions.mayDecide(block, environment, target, learned, state)) ||
      (life === "unmapped" && this.#decisions.isNoted(block, environment, learned, state));
    return mayBe ? "unsure" : life;
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
      else if (mentions(text, state)) {
        derived.add(name);
        if (isHandle(text, state, this.#telling)) this.#telling.add(name);
      }
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
      if (mentions(text, state)) return [{ call, argument: index, by: state.handles.has(text) ? "value" : "derived" }];
      const pointed = peel(argument);
      if (pointed.kind !== "address") return [];
      const held = this.#values.read(environment, this.#values.locate(environment, pointed.place));
      return mentions(textOfValue(held), state) ? [{ call, argument: index, by: "address" }] : [];
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
    if (concerned) {
      state = { ...state, derived: new Set([...state.derived, result]) };
      if (callees.length === 0 || callees.some((one) => this.#context.checks(one))) this.#telling.add(result);
    }
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
    if (ends && this.#identity.isExactly(environment, call, api, state)) {
      this.#unmaps.add(call);
      if (state.life === "unmapped") this.#doubleUnmaps.add(call);
      return { ...state, life: "unmapped" };
    }
    if (state.life !== "mapped") return state;
    if (call !== this.#site.call && this.#identity.mapsAgain(environment, call, api, state)) this.#remaps.add(call);
    if (freesPlainly(directName(call)) && callees.length === 0) {
      const freed = call.arguments.map((one) => textOfValue(this.#values.evaluate(environment, one)));
      if (freed.some((one) => holdsBuffer(one, state, directName(call), this.#owner))) this.#earlyFrees.add(call);
      return state;
    }
    const gone =
      (ends && !this.#identity.isOther(environment, call, api, state)) ||
      callees.some((one) => this.#context.unmaps(one)) ||
      (api === undefined && callees.length === 0 && this.#mayUnmap(environment, call, concerned, state));
    return gone ? { ...state, life: "unsure" } : state;
  }

  #mayUnmap(environment: Environment, call: CallStatement, concerned: boolean, state: State): boolean {
    if (call.callee.kind !== "direct") return this.#mayRelease(environment, call, concerned, state);
    if (waits(call.callee.name) && this.#fields.size === 0 && this.#isMap(this.#site.call, "map-streaming"))
      return false;
    return mayUnmapByName(call.callee.name);
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
      (api === undefined && callees.length === 0 && /sync|flush/.test(directName(call)));
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
    else if (/!=|[<>=]/.test(name) && isHandle(name, state, this.#telling))
      this.#comparisons.set(block, { condition, block });
  }

  /** Whether an API call may be about our handle. */
  #mayConcern(environment: Environment, call: CallStatement, api: ApiFunction | undefined, state: State): boolean {
    const kept = { isStored: this.#stores.size > 0, fields: this.#fields };
    return this.#identity.mayConcern(environment, call, api, state, kept);
  }

  #isMap(statement: Statement, ...effects: readonly string[]): boolean {
    const api = statement.kind === "call" ? this.#context.api(this.#owner, statement) : undefined;
    return api !== undefined && effects.includes(api.effect);
  }
}

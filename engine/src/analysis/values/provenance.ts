/**
 * Where values come from, over the driver unit: what one function leaves open (its parameters, what fields held on entry, what
 * callees return) is answered by callers, by all stores to the same field, and by callees' returns. On demand, memoised.
 */
import type {
  CallStatement,
  Expression,
  PathStep,
  ProgramFunction,
  Statement,
  StatementId,
} from "../../program/program.ts";
import type { Origin, Value } from "../facts.ts";
import { CallingContexts, type Chain, deepest, newQuery, type Query } from "../flow/calling-contexts.ts";
import { embeddingOf, fieldKey } from "./field-keys.ts";
import { FieldOrigins } from "./field-origins.ts";
import { flowOf } from "../flow/flow.ts";
import { parameterOf } from "../flow/guards.ts";
import { KnownAnswers, readKey } from "./known-answers.ts";
import { peel } from "./local-evaluation.ts";
import { LocalValues } from "./local-values.ts";
import { joinPaths, mergeGuards, unique, unknownOrigin } from "./origins.ts";
import { leftBy } from "./overwritten-values.ts";
import type { SourceNames } from "./source-names.ts";
import { type Alternative, type Location, type LocalValue, makeLocation, type Symbol } from "./symbols.ts";
import { birthNote, Traces } from "./traces.ts";
import type { Site, UnitIndex } from "./unit-index.ts";

export class Provenance {
  readonly #index: UnitIndex;
  readonly #names: SourceNames;
  readonly #values = new Map<ProgramFunction, LocalValues>();
  readonly #contexts: CallingContexts;
  readonly #fields: FieldOrigins;
  readonly #answers = new KnownAnswers();
  readonly #traces: Traces;

  constructor(index: UnitIndex, names: SourceNames) {
    this.#index = index;
    this.#names = names;
    this.#contexts = new CallingContexts(index, (owner) => this.localValues(owner));
    this.#traces = new Traces(names, (owner) => this.localValues(owner));
    this.#fields = new FieldOrigins(index, names, this.#contexts, this);
  }

  localValues(owner: ProgramFunction): LocalValues {
    let values = this.#values.get(owner);
    if (values === undefined || values.answer?.isStale === true) {
      values = new LocalValues(owner, this.#index);
      this.#values.set(owner, values);
    }
    return values;
  }

  /** All origins of an expression just before a statement (or before the terminator of `block`, for statement -1). */
  valueOf(owner: ProgramFunction, statement: StatementId, expression: Expression, block?: number): Value {
    const known = this.#answers.at(owner, statement, block);
    const key =
      expression.kind === "read"
        ? readKey(this.localValues(owner).locationAt(statement, expression.place, block), expression.place)
        : expression;
    let answer = known.get(key);
    if (!answer) {
      answer = this.#valueOf(owner, statement, expression, block);
      known.set(key, answer);
    }
    return answer;
  }

  #valueOf(owner: ProgramFunction, statement: StatementId, expression: Expression, block: number | undefined): Value {
    const value = this.localValues(owner).valueAt(statement, expression, block);
    const at = statement >= 0 ? flowOf(owner).locate(statement)?.block : block;
    return this.#contexts.inContexts(owner, statement, block, (query, chain) => {
      const left = at === undefined ? value : leftBy(this.#contexts, this.localValues(owner), value, at, chain[0]);
      return this.resolve(owner, left, chain, 0, query);
    });
  }

  /** What a location holds just before a statement, where only its name is known (a member of an argument). */
  heldBy(owner: ProgramFunction, statement: StatementId, location: Location): Value {
    const held = this.localValues(owner).heldAt(statement, location.key);
    const value: LocalValue = held ?? [{ symbol: { kind: "entry", location }, conversions: [], trace: [] }];
    return this.#contexts.inContexts(owner, statement, undefined, (query, chain) =>
      this.resolve(owner, value, chain, 0, query),
    );
  }

  /** What a statement puts into a field. */
  putInto(owner: ProgramFunction, statement: Statement, key: string): Value {
    const value = this.localValues(owner)
      .filledBy(statement)
      .filter((cell) => fieldKey(cell.location.steps) === key)
      .flatMap((cell) => cell.value);
    return this.#contexts.inContexts(owner, statement.id, undefined, (query, chain) =>
      this.resolve(owner, value, chain, 0, query),
    );
  }

  /** All origins of a field over the unit, as seen from a file. */
  originsOfField(key: string, embedding: string, file: string): readonly Origin[] {
    return this.#fields.of(key, embedding, file, newQuery());
  }

  /** The origins of a value of one function, seen through a chain of callers. */
  resolve(owner: ProgramFunction, value: LocalValue, chain: Chain, level: number, query: Query): readonly Origin[] {
    if (query.depth > 24 || query.work.left-- <= 0) {
      query.cut = true;
      return [unknownOrigin("")];
    }
    query.depth++;
    const site = chain[level];
    const origins: Origin[] = [];
    for (const one of value) {
      const { steps, guards } = this.#traces.of(owner, one);
      if (site && this.#contexts.refutes(site, guards)) continue;
      const base = this.#symbol(owner, one, chain, level, query);
      if (steps.length === 0 && guards.length === 0 && one.conversions.length === 0) {
        for (const origin of base) origins.push(origin);
        continue;
      }
      for (const origin of base)
        origins.push({
          ...origin,
          path: joinPaths(origin.path, steps),
          conversions: one.conversions.length === 0 ? origin.conversions : [...origin.conversions, ...one.conversions],
          guards: mergeGuards(origin.guards, guards),
        });
    }
    query.depth--;
    return origins.length > 1 ? unique(origins) : origins;
  }

  #symbol(owner: ProgramFunction, one: Alternative, chain: Chain, level: number, query: Query): readonly Origin[] {
    const { symbol } = one;
    switch (symbol.kind) {
      case "birth":
        return [this.#birth(owner, symbol)];
      case "address":
        return this.#address(owner, symbol.location, chain, level, query);
      case "entry":
        return this.#entry(owner, symbol.location, chain, level, query);
      case "result":
        return this.#result(owner, symbol.call, chain, level, query);
      case "after":
        return this.#after(owner, symbol, chain, level, query);
      case "null":
        return [{ ...unknownOrigin("NULL"), kind: "null" }];
      case "number":
        return [{ ...unknownOrigin(symbol.text), kind: "number" }];
      case "string":
        return [{ ...unknownOrigin("string literal"), kind: "string" }];
      case "function":
        return [{ ...unknownOrigin(symbol.name), kind: "function" }];
      case "unknown":
        return [unknownOrigin("")];
    }
  }

  #birth(owner: ProgramFunction, symbol: Symbol & { readonly kind: "birth" }): Origin {
    const { call } = symbol;
    const api = this.#index.api(owner, call);
    const name = this.#names.resultName(owner, call, symbol.slot);
    return {
      kind: symbol.made,
      birth: { function: owner, statement: call },
      api,
      path: [this.#step(owner, call.id, "allocate", birthNote(name, symbol, calleeName(call)))],
      conversions: [],
      guards: this.#contexts.guardsAt(owner, call.id),
      name: name ?? `result of ${calleeName(call)}()`,
    };
  }

  /** The address of an object: stack, image, or the inside of what a pointer points to. */
  #address(owner: ProgramFunction, location: Location, chain: Chain, level: number, query: Query): readonly Origin[] {
    const { root } = location;
    const at = location.steps.findLastIndex((step) => step.kind === "deref");
    if (at >= 0) {
      const pointer = makeLocation(root, location.steps.slice(0, at), { kind: "unknown" });
      const inner =
        root.kind === "symbol" && at === 0
          ? this.resolve(owner, [{ symbol: root.symbol, conversions: [], trace: [] }], chain, level, query)
          : this.#entry(owner, pointer, chain, level, query);
      return inner.map((origin) => ({ ...origin, conversions: [...origin.conversions, "offset" as const] }));
    }
    if (root.kind === "global") {
      const name = root.name;
      const global = this.#index.unit.globalNamed(name, owner.file);
      if (!global) return [unknownOrigin(name)];
      return [{ ...unknownOrigin(name), kind: "image", object: { ...spanOf(global), name, type: global.type } }];
    }
    if (root.kind !== "variable") return [unknownOrigin("")];
    const variable = owner.variables[root.id];
    if (!variable) return [unknownOrigin("")];
    return [
      {
        ...unknownOrigin(variable.name),
        kind: variable.kind === "static" ? "image" : "stack",
        path: [
          this.#spanStep(
            owner,
            { file: owner.file, start: variable.start, end: variable.end },
            `${variable.name} ${variable.kind === "static" ? "is static data" : "lives on the stack"} here`,
          ),
        ],
        object: {
          file: owner.file,
          start: variable.start,
          end: variable.end,
          name: variable.name,
          type: variable.type,
        },
      },
    ];
  }

  #entry(owner: ProgramFunction, location: Location, chain: Chain, level: number, query: Query): readonly Origin[] {
    const { root } = location;
    const parameter = parameterOf(owner, location);
    const site = chain[level];
    if (parameter >= 0) {
      if (!site) {
        query.open = true;
        return [unknownOrigin(owner.variables[owner.parameters[parameter] ?? -1]?.name ?? "")];
      }
      const argument = site.statement.arguments[parameter];
      if (!argument) return [unknownOrigin("")];
      const value = this.localValues(site.function).valueAt(site.statement.id, argument);
      const step = this.#step(site.function, site.statement.id, "pass", `passed to ${owner.name}() here`);
      const origins = this.resolve(site.function, value, chain, level + 1, query);
      return origins.map((origin) => ({ ...origin, path: joinPaths(origin.path, [step]) }));
    }
    if (root.kind === "variable" && site && location.steps[0]?.kind === "deref") {
      const known = this.#atCaller(owner, location, chain, level, site, query);
      if (known) return known;
    }
    // A struct on a caller's stack that is handed down: what is in it is that caller's, so each is asked for itself.
    if (!site && this.#isHandedDown(owner, location)) query.open = true;
    if (root.kind === "global" && location.steps.length === 0)
      return this.#fields.of(`global:${root.name}`, "", owner.file, query);
    const key = fieldKey(location.steps);
    if (key === undefined) return [unknownOrigin("")];
    return this.#fields.of(key, embeddingOf(location.steps), owner.file, query);
  }

  /** Whether some caller passes the address of a local whose member the location is. */
  #isHandedDown(owner: ProgramFunction, { root, steps }: Location): boolean {
    const parameter = root.kind === "variable" ? owner.parameters.indexOf(root.id) : -1;
    if (parameter < 0 || steps[0]?.kind !== "deref" || steps.slice(1).some((step) => step.kind === "deref"))
      return false;
    return this.#index.unit.callersOf(owner).some(({ statement }) => {
      const argument = statement.arguments[parameter];
      const place = argument && peel(argument);
      return (
        place?.kind === "address" &&
        place.place.root.kind === "variable" &&
        place.place.steps.every((step) => step.kind !== "deref")
      );
    });
  }

  /** What the caller knows of the storage behind an argument; undefined when it knows no more than anybody. */
  #atCaller(
    owner: ProgramFunction,
    location: Location,
    chain: Chain,
    level: number,
    site: Site,
    query: Query,
  ): readonly Origin[] | undefined {
    const parameter = location.root.kind === "variable" ? owner.parameters.indexOf(location.root.id) : -1;
    const argument = parameter < 0 ? undefined : site.statement.arguments[parameter];
    if (!argument) return undefined;
    const values = this.localValues(site.function);
    const target = values.pointeeAt(site.statement.id, argument);
    if (!target) return undefined;
    const moved = makeLocation(target.root, [...target.steps, ...location.steps.slice(1)], location.type);
    const held = values.heldAt(site.statement.id, moved.key);
    if (held) {
      const step = this.#step(site.function, site.statement.id, "pass", `passed to ${owner.name}() here`);
      return this.resolve(site.function, held, chain, level + 1, query).map((origin) => ({
        ...origin,
        path: joinPaths(origin.path, [step]),
      }));
    }
    if (moved.root.kind !== "variable" || moved.steps[0]?.kind !== "deref" || !chain[level + 1]) {
      if (location.steps.some((step) => step.kind === "field")) return undefined;
      return this.#entry(site.function, moved, chain, level + 1, query);
    }
    return this.#atCaller(site.function, moved, chain, level + 1, chain[level + 1] ?? site, query);
  }

  #result(owner: ProgramFunction, call: CallStatement, chain: Chain, level: number, query: Query): readonly Origin[] {
    const callees = this.#index.callees(owner, call);
    if (callees.length === 0 || callees.length > 6) return [unknownOrigin(`${calleeName(call)}()`)];
    return callees.flatMap((callee) => {
      if (chain.slice(0, level).length > deepest || query.depth > 20) return [unknownOrigin("")];
      const inner: Chain = [{ function: owner, statement: call }, ...chain.slice(level)];
      return this.localValues(callee)
        .returns()
        .flatMap((one) => (one.value ? this.resolve(callee, one.value, inner, 0, query) : []))
        .map((origin) => ({ ...origin, path: origin.path }));
    });
  }

  /** What callees left in a location: their own stores at their returns, or what was there before. */
  #after(
    owner: ProgramFunction,
    symbol: Symbol & { readonly kind: "after" },
    chain: Chain,
    level: number,
    query: Query,
  ): readonly Origin[] {
    const { call, location } = symbol;
    const callees = this.#index.callees(owner, call);
    if (callees.length === 0) return [unknownOrigin("")];
    const origins: Origin[] = [];
    for (const callee of callees) {
      const inside = this.#inCallee(owner, call, callee, location);
      const held = inside ? this.#heldAtReturns(callee, inside.key) : undefined;
      if (held === undefined) {
        const key = fieldKey(location.steps);
        if (key === undefined) origins.push(unknownOrigin(""));
        else origins.push(...this.#fields.of(key, embeddingOf(location.steps), owner.file, query));
        continue;
      }
      const inner: Chain = [{ function: owner, statement: call }, ...chain.slice(level)];
      origins.push(...this.resolve(callee, held, inner, 0, query));
    }
    return origins;
  }

  /** The callee's name of a location that it reaches through an argument. */
  #inCallee(
    owner: ProgramFunction,
    call: CallStatement,
    callee: ProgramFunction,
    location: Location,
  ): Location | undefined {
    const values = this.localValues(owner);
    for (const [index, argument] of call.arguments.entries()) {
      const parameter = callee.parameters[index];
      const target = parameter === undefined ? undefined : values.pointeeAt(call.id, argument);
      if (parameter === undefined || !target || !location.key.startsWith(target.key)) continue;
      return makeLocation(
        { kind: "variable", id: parameter },
        [{ kind: "deref" }, ...location.steps.slice(target.steps.length)],
        location.type,
      );
    }
    return undefined;
  }

  #heldAtReturns(callee: ProgramFunction, key: string): LocalValue | undefined {
    const values = this.localValues(callee);
    const held = flowOf(callee)
      .order.filter((id) => callee.blocks[id]?.terminator.kind === "return")
      .map((id) => values.heldAt(-1, key, id))
      .filter((one) => one !== undefined);
    return held.length > 0 ? held.flat() : undefined;
  }

  #step(owner: ProgramFunction, statement: StatementId, role: PathStep["role"], note: string): PathStep {
    return this.#names.step(owner, statement, role, note);
  }

  #spanStep(
    owner: ProgramFunction,
    span: PathStep | { file: string; start: number; end: number },
    note: string,
  ): PathStep {
    const declared = flowOf(owner).order.flatMap((id) => owner.blocks[id]?.statements ?? []);
    const statement = declared.find((one) => one.start <= span.start && span.end <= one.end);
    return {
      file: span.file,
      start: span.start,
      end: span.end,
      function: owner.name,
      statement: statement?.id ?? -1,
      role: "allocate",
      note,
    };
  }
}

export function calleeName(call: CallStatement): string {
  if (call.callee.kind === "direct") return call.callee.name;
  const target = peel(call.callee.target);
  const last = target.kind === "read" ? target.place.steps.findLast((step) => step.kind === "field") : undefined;
  return last?.kind === "field" ? last.name : "function pointer";
}

function spanOf(span: { file: string; start: number; end: number }): { file: string; start: number; end: number } {
  return { file: span.file, start: span.start, end: span.end };
}

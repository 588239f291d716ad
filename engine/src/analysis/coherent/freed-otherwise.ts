/**
 * Coherent memory that is freed with other arguments than it was allocated with: another pool, another memory's handle, another size.
 * Each is told only where it is certain: where the driver keeps it elsewhere, computes it, or may mean another allocation, nothing is said.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { ApiFunction } from "../../kernel/contract.ts";
import type { Expression, Place, ProgramFunction, StatementId } from "../../program/program.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { fieldKey, lastFieldIndex, placeKey } from "../values/field-keys.ts";
import { birthKey, isGuarded } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { sizeOf } from "../buffers/struct-layout.ts";
import { workingsOf } from "../unit-facts.ts";

export interface FreedOtherwise {
  readonly call: ApiCall;
  /** The allocation of the memory. */
  readonly origin: Origin;
  readonly memory: Expression;
  /** `memory`: a pointer into the memory, and not the one that the allocator returned. */
  readonly wrong: "pool" | "handle" | "size" | "memory";
  /** The argument as the source has it at the free, and at the allocation: pool, handle, bytes or pointer. */
  readonly given: string;
  readonly wanted: string;
}

export function freedOtherwise(facts: Facts): readonly FreedOtherwise[] {
  const found: FreedOtherwise[] = [];
  for (const call of facts.callsOf(freesCoherent)) {
    const memory = call.argument("cpu");
    if (!memory) continue;
    const { function: owner, statement } = call;
    const births = certainBirths(facts.valueOf({ function: owner, statement: statement.id }, memory).contexts);
    if (!births) {
      const moved = movedPointer(facts, call, memory);
      if (moved) found.push(moved);
      continue;
    }
    const [origin] = births.values();
    const add = (wrong: FreedOtherwise["wrong"], difference: (origin: Origin) => Difference | undefined): void => {
      // Every allocation that the memory may come from must differ, so guards need not be weighed.
      const told = [...births.values()].map(difference);
      const [first] = told;
      if (origin && first && !told.includes(undefined)) found.push({ call, origin, memory, wrong, ...first });
    };
    if (call.name === "dma_pool_free") add("pool", (one) => poolDifference(facts, call, one));
    else add("size", (one) => sizeDifference(facts, call, one));
    const handle = handleDifference(facts, call, births);
    if (handle) add("handle", () => handle);
  }
  return found;
}

function freesCoherent({ name, effect }: ApiFunction): boolean {
  return effect === "free" && /^dma_(free_(coherent|attrs|wc)|pool_free)$/.test(name);
}

type Difference = Pick<FreedOtherwise, "given" | "wanted">;

/** Memory as its allocator returned it. */
function isPlain({ birth, api, conversions }: Origin): boolean {
  return birth !== undefined && api?.effect === "allocate" && conversions.length === 0;
}

function argumentAt({ birth, api }: Origin, role: string): Expression | undefined {
  return birth?.statement.arguments[api?.parameters.findIndex((one) => one.role === role) ?? -1];
}

/** `cpu + 64`, where `cpu` is what the allocator returned. */
function movedPointer(facts: Facts, call: ApiCall, memory: Expression): FreedOtherwise | undefined {
  const sum = peel(memory);
  if (sum.kind !== "binary" || (sum.operator !== "+" && sum.operator !== "-")) return undefined;
  const distance = bytesOf(facts, sum.right);
  if (distance === undefined || distance === 0n) return undefined;
  const point = { function: call.function, statement: call.statement.id };
  const births = certainBirths(facts.valueOf(point, sum.left).contexts);
  const [origin] = births?.values() ?? [];
  if (!origin) return undefined;
  const given = facts.textOf(call.function, memory);
  return { call, origin, memory, wrong: "memory", given, wanted: facts.textOf(call.function, sum.left) };
}

/** Two fields of which each holds a pool of its own, made by its own call. */
function poolDifference(facts: Facts, call: ApiCall, origin: Origin): Difference | undefined {
  const given = call.argument("pool");
  const wanted = argumentAt(origin, "pool");
  if (!given || !wanted || !origin.birth) return undefined;
  const { function: maker, statement } = origin.birth;
  const here = fieldOf(facts, call.function, call.statement.id, given);
  const there = fieldOf(facts, maker, statement.id, wanted);
  if (here === undefined || there === undefined || here === there) return undefined;
  if (!isOwnPool(facts, here) || !isOwnPool(facts, there)) return undefined;
  return { given: facts.textOf(call.function, given), wanted: facts.textOf(maker, wanted) };
}

/** The field that the value was read from: "pch_udc_dev.data_requests". */
function fieldOf(
  facts: Facts,
  owner: ProgramFunction,
  statement: StatementId,
  expression: Expression,
): string | undefined {
  const one = peel(expression);
  if (one.kind === "read" && one.place.steps.length > 0) return placeKey(one.place);
  const value = workingsOf(facts).provenance.localValues(owner).valueAt(statement, expression);
  const symbol = value.length === 1 ? value[0]?.symbol : undefined;
  return symbol?.kind === "entry" ? fieldKey(symbol.location.steps) : undefined;
}

const pools = new KnownOf<Facts, ReadonlySet<string>>();

/** Whether a pool is made for the field, and nothing else is ever stored to it. */
function isOwnPool(facts: Facts, key: string): boolean {
  let known = pools.get(facts);
  if (!known) {
    known = madePools(facts);
    pools.set(facts, known);
  }
  return known.has(key);
}

function madePools(facts: Facts): ReadonlySet<string> {
  const made = new Set<string>();
  const names = ["dma_pool_create", "dmam_pool_create"];
  const isPool = (owner: ProgramFunction, id: StatementId, expression: Expression): boolean =>
    workingsOf(facts)
      .provenance.localValues(owner)
      .valueAt(id, expression)
      .every(
        ({ symbol }) =>
          (symbol.kind === "result" || symbol.kind === "birth") &&
          symbol.call.callee.kind === "direct" &&
          names.includes(symbol.call.callee.name),
      );
  const fields = new Map<string, string>();
  const note = (place: Place, among: Set<string>): void => {
    const key = placeKey(place);
    const last = place.steps[lastFieldIndex(place.steps)];
    if (key === undefined || last?.kind !== "field") return;
    fields.set(key, last.name);
    among.add(key);
  };
  const several = new Set<string>();
  for (const { function: owner, statement } of names.flatMap((name) => facts.callsTo(name))) {
    const holders = new Set<string>();
    if (statement.result) note(statement.result, holders);
    const makes = (id: StatementId, value: Expression): boolean =>
      workingsOf(facts)
        .provenance.localValues(owner)
        .valueAt(id, value)
        .some(({ symbol }) => (symbol.kind === "result" || symbol.kind === "birth") && symbol.call === statement);
    for (const { statements } of owner.blocks)
      for (const one of statements) if (one.kind === "assign" && makes(one.id, one.value)) note(one.target, holders);
    // One pool under two names: which of them a function uses is all the same.
    if (holders.size > 1) for (const key of holders) several.add(key);
  }
  for (const [key, name] of fields) {
    const isOnly = facts.unit.functionsStoring(name).every((owner) =>
      owner.blocks.every(({ statements }) =>
        statements.every((one) => {
          if (one.kind === "call")
            return (
              !one.result ||
              placeKey(one.result) !== key ||
              (one.callee.kind === "direct" && names.includes(one.callee.name))
            );
          return (
            one.kind !== "assign" ||
            placeKey(one.target) !== key ||
            isNull(one.value) ||
            isPool(owner, one.id, one.value)
          );
        }),
      ),
    );
    if (isOnly && !several.has(key)) made.add(key);
  }
  return made;
}

function isNull(expression: Expression): boolean {
  const one = peel(expression);
  return (one.kind === "constant" && one.value === 0n) || (one.kind === "symbol" && one.name === "NULL");
}

/** A handle that certainly came from other calls than the memory did. */
function handleDifference(facts: Facts, call: ApiCall, there: ReadonlyMap<string, Origin>): Difference | undefined {
  const handle = call.argument("handle");
  if (!handle) return undefined;
  const point = { function: call.function, statement: call.statement.id };
  const here = certainBirths(facts.valueOf(point, handle).contexts);
  if (!here || [...here.keys()].some((key) => there.has(key))) return undefined;
  const [made] = here.values();
  if (!made) return undefined;
  return { given: facts.textOf(call.function, handle), wanted: made.name };
}

/** The allocations that a value comes from; undefined where it may come from anywhere else. */
function certainBirths(contexts: ReturnType<Facts["valueOf"]>["contexts"]): ReadonlyMap<string, Origin> | undefined {
  const births = new Map<string, Origin>();
  for (const { origins, guards } of contexts) {
    if (isGuarded(guards)) return undefined;
    for (const origin of origins) {
      if (origin.kind === "null") continue;
      if (!isPlain(origin)) return undefined;
      births.set(birthKey(origin), origin);
    }
  }
  return births.size > 0 ? births : undefined;
}

/** Two sizes in bytes that both are numbers. */
function sizeDifference(facts: Facts, call: ApiCall, origin: Origin): Difference | undefined {
  const given = call.argument("size");
  const wanted = argumentAt(origin, "size");
  if (!given || !wanted || !origin.birth) return undefined;
  const here = bytesOf(facts, given);
  const there = bytesOf(facts, wanted);
  if (here === undefined || there === undefined || here === there) return undefined;
  return { given: facts.textOf(call.function, given), wanted: facts.textOf(origin.birth.function, wanted) };
}

/** The number that a constant expression is. */
function bytesOf(facts: Facts, expression: Expression): bigint | undefined {
  const one = peel(expression);
  switch (one.kind) {
    case "constant":
      return one.value;
    case "sizeof": {
      const bytes = sizeOf(facts.unit.records, one.operand);
      return bytes === undefined ? undefined : BigInt(bytes);
    }
    case "binary": {
      const left = bytesOf(facts, one.left);
      const right = bytesOf(facts, one.right);
      if (left === undefined || right === undefined) return undefined;
      if (one.operator === "*") return left * right;
      if (one.operator === "+") return left + right;
      if (one.operator === "-") return left - right;
      return one.operator === "<<" && right >= 0n && right < 64n ? left << right : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * Conditions under which a statement runs, named so that the same flag has the same name wherever it is tested: the flag that
 * chose the allocator is recognised where it chooses the mapper.
 */
import { making } from "../../program/dependencies.ts";
import type {
  BlockId,
  CallStatement,
  Expression,
  Place,
  ProgramFunction,
  StatementId,
  VariableId,
} from "../../program/program.ts";
import type { Guard } from "../facts.ts";
import { fieldKey, lastFieldIndex } from "../values/field-keys.ts";
import { flowOf } from "./flow.ts";
import { peel } from "../values/local-evaluation.ts";
import type { LocalValues } from "../values/local-values.ts";
import type { Location, LocationStep } from "../values/symbols.ts";

/** A guard that reads a parameter of the function: a caller's argument can refute it. */
export interface ParameterGuard extends Guard {
  readonly parameter?: number;
  /** The member that is read where the parameter is a pointer and what it points to is tested; empty for the parameter itself. */
  readonly behind?: readonly LocationStep[];
}

const cache = new WeakMap<LocalValues, Map<BlockId, readonly ParameterGuard[]>>();

/** What is certain about conditions whenever `block` runs. */
export function guardsOf(values: LocalValues, block: BlockId): readonly ParameterGuard[] {
  values.answer?.read();
  let blocks = cache.get(values);
  if (!blocks) {
    blocks = new Map();
    cache.set(values, blocks);
  }
  let guards = blocks.get(block);
  if (!guards) {
    guards = making(values.answer, () =>
      flowOf(values.owner)
        .edgesTo(block)
        .flatMap((edge) => edgeGuards(values, edge.from, edge.to)),
    );
    blocks.set(block, guards);
  }
  return guards;
}

/** Whether the two sets of guards cannot hold in one run. */
export function contradict(a: readonly Guard[], b: readonly Guard[]): boolean {
  return a.some((one) => b.some((other) => one.key === other.key && excludes(one.outcome, other.outcome)));
}

/** Whether some flag is tested by both, with the same outcome. */
export function agree(a: readonly Guard[], b: readonly Guard[]): boolean {
  return a.some((one) => b.some((other) => one.key === other.key && one.outcome === other.outcome));
}

function excludes(a: string, b: string): boolean {
  if (a === b) return false;
  if (a === "true" || a === "false") return b === (a === "true" ? "false" : "true");
  if (a.startsWith("== ") && b.startsWith("== ")) return true;
  const other = a.startsWith("== ") ? `!= ${a.slice(3)}` : a.startsWith("!= ") ? `== ${a.slice(3)}` : undefined;
  if (other !== undefined) return b === other;
  return a.startsWith("arm ") && b.startsWith("arm ");
}

/** What taking one edge of a branch says. */
export function edgeGuards(values: LocalValues, from: BlockId, to: BlockId): readonly ParameterGuard[] {
  const terminator = values.owner.blocks[from]?.terminator;
  switch (terminator?.kind) {
    case "branch": {
      if (terminator.then === terminator.otherwise) return [];
      return conditionGuards(values, from, terminator.condition, to === terminator.then);
    }
    case "switch": {
      const subjects = keysOf(values, from, terminator.value);
      const cases = terminator.cases.filter((one) => one.target === to);
      const only = cases.length === 1 ? cases[0] : undefined;
      if (!only || only.high || to === terminator.default) return [];
      return subjects.map((subject) => ({ ...subject, outcome: `== ${constantText(only.low) ?? "?"}` }));
    }
    case "choice":
      return terminator.arms
        .filter((arm) => arm.target === to)
        .slice(0, 1)
        .map((arm) => ({
          key: `config:${terminator.arms.map((one) => one.condition ?? "else").join("|")}`,
          outcome: `arm ${arm.condition ?? "else"}`,
        }));
    default:
      return [];
  }
}

function conditionGuards(
  values: LocalValues,
  block: BlockId,
  condition: Expression,
  holds: boolean,
): readonly ParameterGuard[] {
  const one = peel(condition);
  if (one.kind === "unary" && one.operator === "!") return conditionGuards(values, block, one.operand, !holds);
  if (one.kind === "binary" && (one.operator === "==" || one.operator === "!=")) {
    const constant = constantText(one.right) ?? constantText(one.left);
    const subject = constantText(one.right) === undefined ? one.right : one.left;
    if (constant === undefined) return [];
    const equal = (one.operator === "==") === holds;
    if (constant === "0" || constant === "NULL" || constant === "false")
      return conditionGuards(values, block, subject, !equal);
    return keysOf(values, block, subject).map((key) => ({ ...key, outcome: `${equal ? "==" : "!="} ${constant}` }));
  }
  const outcome = holds ? "true" : "false";
  if (one.kind === "binary" && one.operator === "&") {
    const mask = constantText(one.right);
    if (mask === undefined) return [];
    return keysOf(values, block, one.left).map((key) => ({ key: `${key.key}&${mask}`, outcome }));
  }
  return keysOf(values, block, one).map((key) => ({ ...key, outcome }));
}

function constantText(expression: Expression): string | undefined {
  const one = peel(expression);
  if (one.kind === "symbol") return one.name;
  if (one.kind === "constant") return one.name ?? one.value.toString();
  return undefined;
}

interface Key {
  readonly key: string;
  readonly parameter?: number;
  readonly behind?: readonly LocationStep[];
}

/** Names of what is tested: the field that the source reads, and what that holds (a parameter that was stored there). */
function keysOf(values: LocalValues, block: BlockId, expression: Expression): readonly Key[] {
  const one = peel(expression);
  const read = one.kind === "read" ? testedField(values.locationAt(-1, one.place, block).steps) : undefined;
  const held = heldKey(values, block, expression);
  return [
    ...(read !== undefined && held?.key !== `field:${read}` ? [{ key: `field:${read}` }] : []),
    ...(held ? [held] : []),
  ];
}

/** The field, and which of its elements where that is a constant: `ep[IN]` and `ep[OUT]` are two places. */
function testedField(steps: readonly LocationStep[]): string | undefined {
  const field = fieldKey(steps);
  if (field === undefined) return undefined;
  const elements = steps
    .slice(lastFieldIndex(steps) + 1)
    .flatMap((step) => (step.kind === "index" && step.index !== undefined ? [`[${step.index}]`] : []));
  return field + elements.join("");
}

function heldKey(values: LocalValues, block: BlockId, expression: Expression): Key | undefined {
  const { owner } = values;
  const read = peel(expression);
  const place = read.kind === "read" ? read.place : undefined;
  const value = values.valueAt(-1, expression, block);
  const only = value.length === 1 ? value[0] : undefined;
  if (!only) {
    // A local that several branches set: which of them ran is told by what it holds.
    const { root, steps } = place ?? { root: undefined, steps: [] };
    return root?.kind === "variable" && steps.length === 0 ? { key: variableKey(owner, root.id) } : undefined;
  }
  const { symbol } = only;
  switch (symbol.kind) {
    case "entry": {
      const field = testedField(symbol.location.steps);
      if (field !== undefined) return { key: `field:${field}`, ...behindParameter(owner, symbol.location) };
      const parameter = parameterOf(owner, symbol.location);
      return { key: `local:${owner.file}:${owner.name}:${symbol.location.key}`, ...(parameter >= 0 && { parameter }) };
    }
    case "result":
      return callKey(values, symbol.call);
    case "number":
      // A named constant of the configuration; the outcome of a comparison says nothing by itself.
      return /^[A-Za-z]\w*$/.test(symbol.text) && symbol.text !== "sizeof"
        ? { key: `constant:${symbol.text}` }
        : undefined;
    default:
      return undefined;
  }
}

/** The parameter whose object the location is a member of. */
function behindParameter(owner: ProgramFunction, { root, steps }: Location): Omit<Key, "key"> {
  const parameter = root.kind === "variable" ? owner.parameters.indexOf(root.id) : -1;
  const [first, ...behind] = steps;
  if (parameter < 0 || first?.kind !== "deref" || behind.some((step) => step.kind !== "field")) return {};
  return { parameter, behind };
}

function variableKey(owner: ProgramFunction, id: VariableId): string {
  return `variable:${owner.file}:${owner.name}:${id}`;
}

const assigned = new WeakMap<LocalValues, Map<BlockId, readonly Guard[]>>();

/**
 * What the locals that a block assigns hold from there on, as outcomes of a later test of them: a branch that sets the handle
 * together with the pointer is not the one that leaves the handle zero.
 */
export function assignedIn(values: LocalValues, block: BlockId): readonly Guard[] {
  values.answer?.read();
  let blocks = assigned.get(values);
  if (!blocks) {
    blocks = new Map();
    assigned.set(values, blocks);
  }
  let guards = blocks.get(block);
  if (!guards) {
    guards = making(values.answer, () => findAssigned(values, block));
    blocks.set(block, guards);
  }
  return guards;
}

function findAssigned(values: LocalValues, block: BlockId): readonly Guard[] {
  const { owner } = values;
  const guards = new Map<string, Guard>();
  for (const statement of owner.blocks[block]?.statements ?? []) {
    const target =
      statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
    if (statement.kind === "assign" && target) {
      const guard = fieldGuard(values, statement.id, target, statement.value);
      if (guard) guards.set(guard.key, guard);
    }
    if (target?.root.kind !== "variable" || target.steps.length > 0) continue;
    const { id } = target.root;
    if (owner.variables[id]?.kind === "temporary") continue;
    const value = values.heldAt(-1, `v${id}`, block);
    const only = value?.length === 1 ? value[0]?.symbol.kind : undefined;
    const key = variableKey(owner, id);
    if (only === "null") guards.set(key, { key, outcome: "false" });
    else if (only !== undefined && only !== "unknown") guards.set(key, { key, outcome: "true" });
  }
  return [...guards.values()];
}

/** A constant stored in a field: the object is then one for which a later test of that field has this outcome. */
function fieldGuard(values: LocalValues, statement: StatementId, target: Place, value: Expression): Guard | undefined {
  const field = testedField(values.locationAt(statement, target).steps);
  const constant = constantText(value);
  if (field === undefined || constant === undefined) return undefined;
  const key = `field:${field}`;
  if (constant === "0" || constant === "NULL" || constant === "false") return { key, outcome: "false" };
  return { key, outcome: constant === "true" || constant === "1" ? "true" : `== ${constant}` };
}

/** The parameter that the location is, or -1. */
export function parameterOf(owner: ProgramFunction, location: Location): number {
  return location.root.kind === "variable" && location.steps.length === 0
    ? owner.parameters.indexOf(location.root.id)
    : -1;
}

function callKey(values: LocalValues, call: CallStatement): { readonly key: string } {
  const name = call.callee.kind === "direct" ? call.callee.name : "?";
  const first = call.arguments[0];
  const subject = first ? values.valueAt(call.id, first) : [];
  const only = subject.length === 1 ? subject[0]?.symbol : undefined;
  const field =
    only?.kind === "entry" ? fieldKey(only.location.steps) : only?.kind === "number" ? only.text : undefined;
  // Tests of a type or a capability say the same wherever they stand; any other call is its own condition.
  const stable = /^(is_|has_|dev_is_|virt_addr_valid|dma_need|IS_ENABLED|cpu_|to_)|_is_|_has_|support/.test(name);
  return { key: stable ? `call:${name}(${field ?? ""})` : `call:${name}@${values.owner.file}:${call.start}` };
}

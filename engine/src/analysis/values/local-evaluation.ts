/**
 * What expressions and places mean in a state of one function: access paths are resolved through what pointers hold, so that
 * equal storage has equal names.
 */
import type { Expression, Place, ProgramFunction } from "../../program/program.ts";
import {
  convert,
  isShared,
  type LocalValue,
  type Location,
  type LocationRoot,
  type LocationStep,
  makeLocation,
  single,
  union,
  unknownValue,
} from "./symbols.ts";

export interface Cell {
  readonly location: Location;
  readonly value: LocalValue;
}
/** What is known of each location, by its key. */
export type State = Map<string, Cell>;

/** Longer access paths than this are not followed: `p = p->next` in a loop would never end. */
const longestPath = 10;

/** The expression without casts. */
export function peel(expression: Expression): Expression {
  let at = expression;
  while (at.kind === "cast") at = at.operand;
  return at;
}

/** What a location holds where nothing on the way said: an uninitialised local is unknown. */
export function initialValue(owner: ProgramFunction, location: Location): LocalValue {
  if (location.root.kind === "variable" && location.steps.length === 0) {
    const variable = owner.variables[location.root.id];
    if (variable && variable.kind !== "parameter" && variable.kind !== "static") return [];
  }
  return single({ kind: "entry", location });
}

export function assign(owner: ProgramFunction, state: State, location: Location, value: LocalValue): void {
  if (location.root.kind === "variable" && location.steps.length === 0) forget(state, `c${location.root.id}`);
  const weak = location.steps.some((step) => step.kind === "index" && step.index === undefined);
  const before = weak ? (state.get(location.key)?.value ?? initialValue(owner, location)) : undefined;
  if (!weak) forget(state, location.key);
  state.set(location.key, { location, value: before ? union(before, value) : value });
}

/**
 * Drops a location and its parts. What a reassigned field pointed to goes as well; what a parameter pointed to on entry
 * (`v3*`) still exists and stays.
 */
export function forget(state: State, key: string): void {
  const parts = /^v\d+$/.test(key) ? ".[" : ".[*";
  for (const one of [...state.keys()])
    if (one === key || (one.startsWith(key) && parts.includes(one.charAt(key.length)))) state.delete(one);
}

/** What a single pointer value points to, or undefined when it is not one known object. */
export function pointedBy(value: LocalValue, type: Location["type"]): Location | undefined {
  const one = value.length === 1 ? value[0] : undefined;
  if (!one || one.conversions.length > 0) return undefined;
  const { symbol } = one;
  switch (symbol.kind) {
    case "entry":
      if (symbol.location.steps.length >= longestPath) return undefined;
      return makeLocation(symbol.location.root, [...symbol.location.steps, { kind: "deref" }], type);
    case "address":
      return makeLocation(symbol.location.root, symbol.location.steps, symbol.location.type);
    case "result":
    case "after":
    case "birth":
      return makeLocation({ kind: "symbol", symbol }, [{ kind: "deref" }], type);
    default:
      return undefined;
  }
}

export function locate(owner: ProgramFunction, state: State, place: Place): Location {
  let root: LocationRoot =
    place.root.kind === "variable"
      ? { kind: "variable", id: place.root.id }
      : { kind: "global", name: place.root.name };
  let steps: LocationStep[] = [];
  for (const step of place.steps) {
    if (step.kind === "deref") {
      const here = makeLocation(root, steps, { kind: "unknown" });
      const value = read(owner, state, here);
      const target = pointedBy(value, { kind: "unknown" });
      if (target) {
        root = target.root;
        steps = [...target.steps];
      } else if (root.kind === "variable" && steps.length === 0) {
        root = { kind: "current", id: root.id };
        steps = [{ kind: "deref" }];
      } else steps = [...steps, { kind: "deref" }];
    } else if (step.kind === "field") steps = [...steps, { kind: "field", record: step.record, name: step.name }];
    else steps = [...steps, { kind: "index", index: indexText(step.index) }];
  }
  return makeLocation(root, steps, place.type);
}

function indexText(index: Expression): string | undefined {
  const one = peel(index);
  if (one.kind === "constant") return one.value.toString();
  return one.kind === "symbol" ? one.name : undefined;
}

export function read(owner: ProgramFunction, state: State, location: Location): LocalValue {
  const cell = state.get(location.key);
  if (cell) return cell.value.length > 0 ? cell.value : unknownValue;
  // A zeroed or unknown whole says the same of its parts.
  for (let cut = location.steps.length - 1; cut >= 0; cut--) {
    if (location.steps[cut]?.kind === "deref") break;
    const whole = state.get(makeLocation(location.root, location.steps.slice(0, cut), location.type).key);
    if (!whole) continue;
    const only = whole.value.length === 1 ? whole.value[0]?.symbol.kind : undefined;
    if (only === "null") return whole.value;
    break;
  }
  const initial = initialValue(owner, location);
  return initial.length > 0 ? initial : unknownValue;
}

export function readsShared(owner: ProgramFunction, state: State, expression: Expression): boolean {
  const one = peel(expression);
  return one.kind === "read" && isShared(locate(owner, state, one.place));
}

export function evaluate(owner: ProgramFunction, state: State, expression: Expression): LocalValue {
  switch (expression.kind) {
    case "constant":
      return single(
        expression.value === 0n
          ? { kind: "null" }
          : { kind: "number", text: expression.name ?? expression.value.toString() },
      );
    case "symbol":
      return single(expression.name === "NULL" ? { kind: "null" } : { kind: "number", text: expression.name });
    case "string":
      return single({ kind: "string" });
    case "function":
      return single({ kind: "function", name: expression.name });
    case "read": {
      const location = locate(owner, state, expression.place);
      if (expression.place.type.kind === "array") return single({ kind: "address", location });
      return read(owner, state, location);
    }
    case "address": {
      const location = locate(owner, state, expression.place);
      const last = location.steps.at(-1);
      if (location.root.kind === "current") {
        const here = read(owner, state, makeLocation({ kind: "variable", id: location.root.id }, [], location.type));
        return location.steps.length > 1 ? convert(here, "offset") : here;
      }
      if (last?.kind === "deref")
        return read(owner, state, makeLocation(location.root, location.steps.slice(0, -1), location.type));
      return single({ kind: "address", location });
    }
    case "cast":
      return evaluate(owner, state, expression.operand);
    case "unary":
      return expression.operator === "-" || expression.operator === "~"
        ? single({ kind: "number", text: expression.operator })
        : single({ kind: "number", text: "!" });
    case "binary":
      return binary(owner, state, expression);
    case "sizeof":
      return single({ kind: "number", text: "sizeof" });
    case "type":
    case "opaque":
      return unknownValue;
  }
}

function binary(
  owner: ProgramFunction,
  state: State,
  expression: Expression & { readonly kind: "binary" },
): LocalValue {
  const plain = (text: string): LocalValue => single({ kind: "number", text });
  const left = (): LocalValue => evaluate(owner, state, expression.left);
  switch (expression.operator) {
    case ">>":
      return convert(left(), isPageShift(expression.right) ? "shift" : "arithmetic");
    case "/":
      return isNamed(expression.right, "PAGE_SIZE") ? convert(left(), "shift") : plain("/");
    case "<<":
      return isPageShift(expression.right) ? convert(left(), "unshift") : plain("<<");
    case "+":
    case "-":
      return sum(expression, left(), evaluate(owner, state, expression.right));
    case "&":
      return isMask(expression.right) ? convert(left(), "offset") : plain("&");
    case "|":
      return convert(left(), "offset");
    default:
      return plain(expression.operator);
  }
}

/** `buf + off`: the side that is an address stays what it is; a difference of two pointers is a number. */
function sum(expression: Expression & { readonly kind: "binary" }, left: LocalValue, right: LocalValue): LocalValue {
  const counts = (value: LocalValue): boolean =>
    value.every((one) => one.symbol.kind === "number" || (one.symbol.kind === "null" && one.conversions.length === 0));
  const text = expression.operator;
  if (text === "-") return counts(left) ? single({ kind: "number", text }) : convert(left, "offset");
  if (counts(left) && counts(right)) return single({ kind: "number", text });
  const [first, second] = [addressRank(expression.left), addressRank(expression.right)];
  if (counts(right) || first > second) return convert(left, "offset");
  if (counts(left) || second > first) return convert(right, "offset");
  // Two words of one type: which of them is the base is told by the resolved kinds, so both stay.
  return convert([...left, ...right.filter((one) => one.symbol.kind !== "unknown")], "offset");
}

/** How much an expression's type looks like an address: a pointer, a dma_addr_t or phys_addr_t, a word, anything else. */
function addressRank(expression: Expression): number {
  if (expression.kind === "binary" && expression.operator !== "+" && expression.operator !== "-") return 0;
  if (expression.kind === "binary") return Math.max(addressRank(expression.left), addressRank(expression.right));
  if (expression.kind === "address") return 4;
  const type =
    expression.kind === "read" ? expression.place.type : expression.kind === "cast" ? expression.type : undefined;
  const inner = expression.kind === "cast" ? addressRank(expression.operand) : 0;
  if (type?.kind === "pointer" || type?.kind === "array") return 4;
  if (type?.kind === "unknown" || type?.kind === "opaque") return Math.max(inner, 2);
  if (type?.kind !== "integer") return inner;
  if (type.bits === "dma" || type.bits === "phys") return 3;
  return Math.max(inner, type.bits === "long" || type.bits === 64 ? 1 : 0);
}

function isPageShift(expression: Expression): boolean {
  return isNamed(expression, "PAGE_SHIFT") || (expression.kind === "constant" && expression.value === 12n);
}
function isNamed(expression: Expression, name: string): boolean {
  const one = peel(expression);
  return (one.kind === "symbol" && one.name === name) || (one.kind === "constant" && one.name === name);
}
/** `& PAGE_MASK`, `& ~7`: rounds an address and keeps what it points into. */
function isMask(expression: Expression): boolean {
  const one = peel(expression);
  return (one.kind === "unary" && one.operator === "~") || (one.kind === "symbol" && /MASK$/.test(one.name));
}

/**
 * How drivers look at what dma_map_sg() and kin give back. dma_map_sg() gives an unsigned count, 0 where it failed; dma_map_sgtable()
 * gives 0 or a negative error number (kernel/dma/mapping.c:246-260, 276-300, linux 6.12.117).
 */
import type { Expression, Place, ProgramFunction, Statement, VariableId } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { expressionsOf, expressionsOfTerminator, isZero, targetOf } from "../../program/visit.ts";
import { successors } from "../flow/flow.ts";

export interface SgMapMisread {
  readonly call: ApiCall;
  /**
   * `dropped`: nobody looks at the result. `sign`: only the sign of a count is tested, so that 0 passes as success. `inverted`: the 0 by
   * which dma_map_sgtable() says success is taken for a failure.
   */
  readonly kind: "dropped" | "sign" | "inverted";
  /** The list or table that is mapped, as the source spells it. */
  readonly list: string;
  /** The variable that holds the count, where it is kept. */
  readonly count: string | undefined;
  /** The test that takes the 0 for a failure. */
  readonly test?: Expression;
}

/** Calls that give a count, 0 where they failed. */
export const counting = ["dma_map_sg", "dma_map_sg_attrs", "ib_dma_map_sg", "pci_map_sg"];
const numbering = ["dma_map_sgtable"];

/** Calls that map a scatterlist and whose failure nobody can see. */
export function misreadSgMaps(facts: Facts): readonly SgMapMisread[] {
  const names = [...counting, ...numbering];
  if (names.every((name) => facts.callsTo(name).length === 0)) return [];
  const found: SgMapMisread[] = [];
  for (const call of facts.callsWith("map-sg")) {
    if (!names.includes(call.name) || call.statement.macro !== undefined) continue;
    const list = call.statement.arguments[1];
    if (!list) continue;
    const kind = misreading(call);
    if (!kind) continue;
    const { result } = call.statement;
    const count = kind !== "dropped" && result ? facts.textOfPlace(call.function, result) : undefined;
    const test = kind === "inverted" ? firstTest(call) : undefined;
    found.push({ call, kind, list: listText(facts, call, list), count, ...(test && { test }) });
  }
  return found;
}

/** An array given as a list is the address of its first element: it keeps the name that the source has for it. */
export function listText(facts: Facts, call: ApiCall, list: Expression): string {
  if (list.kind === "address") {
    const last = list.place.steps.at(-1);
    const { start, end } = list;
    if (last?.kind === "index" && last.index.start === start && last.index.end === end)
      return facts.textOfPlace(call.function, { ...list.place, steps: list.place.steps.slice(0, -1) });
  }
  return facts.textOf(call.function, list);
}

function misreading(call: ApiCall): SgMapMisread["kind"] | undefined {
  const { result } = call.statement;
  if (!result) return "dropped";
  // A field or a global may be tested anywhere.
  if (result.root.kind !== "variable" || result.steps.length > 0) return undefined;
  const uses = usesAfter(call, result.root.id);
  if (uses.total === 0) return "dropped";
  if (numbering.includes(call.name)) return isInverted(call, result.root.id) ? "inverted" : undefined;
  return uses.signTests > 0 && uses.otherTests === 0 ? "sign" : undefined;
}

/** Whether the first test of the result is whether it is 0, and that way gives an error number back at once. */
function isInverted({ function: owner, statement }: ApiCall, id: VariableId): boolean {
  const home = owner.blocks.find(({ statements }) => statements.some((one) => one.id === statement.id));
  if (home?.terminator.kind !== "branch") return false;
  const behind = home.statements.slice(home.statements.findIndex((one) => one.id === statement.id) + 1);
  if (behind.length > 0) return false;
  const { condition, then, otherwise } = home.terminator;
  const zeroWay = isZeroTest(condition, id) ? then : isRead(condition, id) ? otherwise : undefined;
  const left = zeroWay === undefined ? undefined : owner.blocks[zeroWay];
  if (left?.statements.length !== 0 || left.terminator.kind !== "return" || !left.terminator.value) return false;
  const value = left.terminator.value;
  return value.kind === "constant" ? value.value < 0n : value.kind === "unary" && value.operator === "-";
}

/** The condition that the call's own block ends with. */
function firstTest({ function: owner, statement }: ApiCall): Expression | undefined {
  const home = owner.blocks.find(({ statements }) => statements.some((one) => one.id === statement.id));
  return home?.terminator.kind === "branch" ? home.terminator.condition : undefined;
}

/** `!n` and `n == 0`. */
function isZeroTest(test: Expression, id: VariableId): boolean {
  if (test.kind === "unary") return test.operator === "!" && isRead(test.operand, id);
  if (test.kind !== "binary" || test.operator !== "==") return false;
  return (isRead(test.left, id) && isZero(test.right)) || (isRead(test.right, id) && isZero(test.left));
}

interface Uses {
  total: number;
  signTests: number;
  /** Tests that can tell 0 from a count, and comparisons that are not understood. */
  otherTests: number;
}

/** How the value is used on all ways on from the call, up to where the variable gets another one. */
function usesAfter(call: ApiCall, id: VariableId): Uses {
  const uses: Uses = { total: 0, signTests: 0, otherTests: 0 };
  const { blocks } = call.function;
  const home = blocks.find((block) => block.statements.some((statement) => statement.id === call.statement.id));
  // Out of the address, the value could be looked at anywhere.
  if (!home || escapes(call.function, id)) return { total: 1, signTests: 0, otherTests: 1 };
  const seen = new Set<number>();
  const waiting: { readonly block: typeof home; readonly from: number }[] = [
    { block: home, from: home.statements.findIndex((statement) => statement.id === call.statement.id) + 1 },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { block, from } = next;
    let ended = false;
    for (const statement of block.statements.slice(from)) {
      for (const expression of expressionsReadBy(statement)) count(expression, id, uses);
      if (statement.kind === "opaque") uses.otherTests++;
      if (overwrites(statement, id)) {
        ended = true;
        break;
      }
    }
    if (ended) continue;
    for (const expression of expressionsOfTerminator(block.terminator)) {
      count(expression, id, uses);
      if (block.terminator.kind === "branch" && isRead(expression, id)) uses.otherTests++;
      if (block.terminator.kind === "switch" && mentions(expression, id)) uses.otherTests++;
    }
    for (const target of successors(block.terminator)) {
      const following = blocks[target];
      if (!following || seen.has(target)) continue;
      seen.add(target);
      waiting.push({ block: following, from: 0 });
    }
  }
  return uses;
}

function count(expression: Expression, id: VariableId, uses: Uses): void {
  if (!mentions(expression, id)) return;
  uses.total++;
  for (const part of partsOf(expression)) {
    if (part.kind === "unary" && part.operator === "!" && mentions(part.operand, id)) uses.otherTests++;
    if (part.kind !== "binary" || !comparisons.has(part.operator)) continue;
    if (isSignTest(part, id)) uses.signTests++;
    else if (mentions(part.left, id) || mentions(part.right, id)) uses.otherTests++;
  }
}

const comparisons = new Set(["<", ">", "<=", ">=", "==", "!="]);

/** `n < 0`, `n >= 0`, `0 > n` and `0 <= n`: 0 is on the side of success in each. */
function isSignTest(test: Expression & { readonly kind: "binary" }, id: VariableId): boolean {
  const { operator, left, right } = test;
  if (isRead(left, id) && isZero(right)) return operator === "<" || operator === ">=";
  if (isRead(right, id) && isZero(left)) return operator === ">" || operator === "<=";
  return false;
}

function isRead(expression: Expression, id: VariableId): boolean {
  let inner = expression;
  while (inner.kind === "cast") inner = inner.operand;
  return inner.kind === "read" && isVariable(inner.place, id) && inner.place.steps.length === 0;
}

function isVariable(place: Place, id: VariableId): boolean {
  return place.root.kind === "variable" && place.root.id === id;
}

function mentions(expression: Expression, id: VariableId): boolean {
  return partsOf(expression).some((part) => "place" in part && isVariable(part.place, id));
}

function escapes(owner: ProgramFunction, id: VariableId): boolean {
  return owner.blocks.some((block) =>
    [...block.statements.flatMap(expressionsReadBy), ...expressionsOfTerminator(block.terminator)].some((expression) =>
      partsOf(expression).some((part) => part.kind === "address" && isVariable(part.place, id)),
    ),
  );
}

function overwrites(statement: Statement, id: VariableId): boolean {
  if (statement.kind === "assign" || statement.kind === "zero")
    return isVariable(statement.target, id) && statement.target.steps.length === 0;
  if (statement.kind === "call")
    return statement.result !== undefined && isVariable(statement.result, id) && statement.result.steps.length === 0;
  return statement.kind === "declare" && statement.variable === id;
}

/** All that a statement reads, the indices of the place that it writes among it. */
export function expressionsReadBy(statement: Statement): readonly Expression[] {
  const target = targetOf(statement);
  return [...expressionsOf(statement), ...(target ? indicesOf(target) : [])];
}

function indicesOf(place: Place): readonly Expression[] {
  return place.steps.flatMap((step) => (step.kind === "index" ? [step.index] : []));
}

/** The expression and all that it is made of. Expressions are trees, so that this ends. */
export function partsOf(expression: Expression): readonly Expression[] {
  const parts: Expression[] = [];
  const waiting: Expression[] = [expression];
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    parts.push(part);
    if (part.kind === "read" || part.kind === "address") waiting.push(...indicesOf(part.place));
    else if (part.kind === "binary") waiting.push(part.left, part.right);
    else if (part.kind === "unary" || part.kind === "cast") waiting.push(part.operand);
  }
  return parts;
}

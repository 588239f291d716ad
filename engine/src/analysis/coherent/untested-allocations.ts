/**
 * DMA memory that is used although the allocation may have failed: a way leads from the call to a dereference without a test of the
 * pointer, or the handle is given on and nobody in the unit ever looks at the pointer. A test in a condition counts, whatever it says.
 * Where the pointer goes to code that might test it, nothing is said.
 */
import type { Block, CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { directName, expressionsOf, expressionsOfTerminator, isTemporary } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { placeKey } from "../values/field-keys.ts";
import { placesIn } from "../flow/finding-path.ts";
import { flowOf, successors } from "../flow/flow.ts";
import { gfpFlagsIn } from "./gfp-flags.ts";
import { peel } from "../values/local-evaluation.ts";
import type { LocalValues } from "../values/local-values.ts";
import { workingsOf } from "../unit-facts.ts";

export interface UntestedAllocation {
  readonly allocation: ApiCall;
  /** Where the pointer is kept first: "ring->desc". */
  readonly memory: Place;
  readonly use: { readonly kind: "dereferenced" | "given-on"; readonly statement: number; readonly span: FileSpan };
}

export function untestedAllocations(facts: Facts): readonly UntestedAllocation[] {
  return facts.callsWith("allocate").flatMap((allocation) => {
    const { api, function: owner, statement } = allocation;
    const memory = statement.result;
    if (api.error !== "null" || !memory || !api.parameters.some(({ role }) => role === "handle-out")) return [];
    const gfp = allocation.argument("gfp");
    if (gfp && gfpFlagsIn(facts.unit, gfp).some(({ name }) => name === "__GFP_NOFAIL")) return [];
    const reader = new Reader(facts, owner, statement);
    const kept = reader.firstKept(memory);
    const use = firstUse(reader) ?? handleUse(reader, kept);
    return use ? [{ allocation, memory: kept, use }] : [];
  });
}

/** What the function's expressions say of one allocation. */
class Reader {
  readonly facts: Facts;
  readonly owner: ProgramFunction;
  readonly made: CallStatement;
  readonly #values: LocalValues;
  /** The texts of the places that the pointer was stored to: they name it where the values were lost. */
  readonly #names = new Set<string>();
  readonly #filled: string | undefined;
  #isKept = false;

  constructor(facts: Facts, owner: ProgramFunction, made: CallStatement) {
    this.facts = facts;
    this.owner = owner;
    this.made = made;
    this.#values = workingsOf(facts).provenance.localValues(owner);
    if (made.result) this.#note(made.result);
    const at = facts.apiOf(owner, made)?.parameters.findIndex(({ role }) => role === "handle-out") ?? -1;
    const out = made.arguments[at];
    const filled = out && peel(out);
    this.#filled = filled?.kind === "address" ? facts.textOfPlace(owner, filled.place) : undefined;
    for (const block of owner.blocks)
      for (const one of block.statements)
        if (one.kind === "assign" && this.isResult(one.value, one.id)) this.#note(one.target);
  }

  #note(place: Place): void {
    this.#names.add(this.facts.textOfPlace(this.owner, place));
    if (place.steps.length > 0 || place.root.kind === "global") this.#isKept = true;
  }

  /** Whether the pointer lies where other functions can see it. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** The place with a name of its own: a temporary's content is stored somewhere right after. */
  firstKept(result: Place): Place {
    if (!isWholeTemporary(this.owner, result)) return result;
    for (const block of this.owner.blocks)
      for (const one of block.statements)
        if (one.kind === "assign" && this.isResult(one.value, one.id) && !isWholeTemporary(this.owner, one.target))
          return one.target;
    return result;
  }

  /** Whether the expression is the pointer that the call returned, and nothing else. */
  isResult(expression: Expression, statement: number, block?: number): boolean {
    const value = this.#values.valueAt(statement, expression, block);
    return (
      value.length === 1 &&
      value.every(
        ({ symbol, conversions }) =>
          symbol.kind === "birth" &&
          symbol.call === this.made &&
          symbol.slot === "result" &&
          conversions.every((one) => one === "offset"),
      )
    );
  }

  /** Also under the name of the variable that the call filled: who else could have filled it meanwhile does not matter. */
  isHandle(expression: Expression, statement: number): boolean {
    if (placesIn(expression).some((place) => this.#filled === this.facts.textOfPlace(this.owner, place))) return true;
    return this.#values
      .valueAt(statement, expression)
      .some(({ symbol }) => symbol.kind === "birth" && symbol.call === this.made && symbol.slot !== "result");
  }

  /** Whether one of the places in the expression holds, or may hold, anything of the allocation. */
  concerns(expression: Expression, statement: number, block?: number): boolean {
    return placesIn(expression).some(
      (place) =>
        this.#names.has(this.facts.textOfPlace(this.owner, place)) ||
        this.#values
          .valueAt(statement, { kind: "read", place, file: place.file, start: place.start, end: place.end }, block)
          .some(({ symbol }) => symbol.kind === "birth" && symbol.call === this.made),
    );
  }

  /** The place, if it is reached through the pointer. */
  throughPointer(place: Place, statement: number, block?: number): boolean {
    return place.steps.some(({ kind }, at) => {
      if (kind !== "deref") return false;
      const { file, start, end } = place;
      const pointer: Place = { ...place, steps: place.steps.slice(0, at) };
      return this.isResult({ kind: "read", place: pointer, file, start, end }, statement, block);
    });
  }
}

type Step = { readonly kind: "use"; readonly span: FileSpan } | { readonly kind: "stop" } | undefined;

/**
 * The first dereference, in source order, that no test comes before. A test on one way to it counts for all: which ways there are is
 * often told by a flag (`ok = a && b; if (!ok) return`).
 */
function firstUse(reader: Reader): UntestedAllocation["use"] | undefined {
  const { owner, made } = reader;
  const at = flowOf(owner).locate(made.id);
  if (!at) return undefined;
  const seen = new Set<number>();
  const work: { readonly block: number; readonly from: number }[] = [{ block: at.block, from: at.index + 1 }];
  const uses: { readonly block: number; readonly statement: number; readonly span: FileSpan }[] = [];
  const tested: number[] = [];
  for (let next = work.pop(); next; next = work.pop()) {
    const block = owner.blocks[next.block];
    if (!block) continue;
    const found = stepThrough(reader, block, next.from);
    if (found?.kind === "use") uses.push({ block: block.id, statement: found.statement, span: found.span });
    else if (found) tested.push(block.id);
    if (found) continue;
    for (const to of successors(block.terminator)) {
      if (seen.has(to)) continue;
      seen.add(to);
      work.push({ block: to, from: 0 });
    }
  }
  const behind = behindTests(owner, tested, at.block);
  const [first] = uses.filter(({ block }) => !behind.has(block)).sort((a, b) => a.span.start - b.span.start);
  return first && { kind: "dereferenced", statement: first.statement, span: first.span };
}

/** Blocks that the tests lead to, without going through the allocation again. */
function behindTests(owner: ProgramFunction, tests: readonly number[], allocation: number): ReadonlySet<number> {
  const seen = new Set<number>();
  const work = [...tests];
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    const terminator = owner.blocks[id]?.terminator;
    for (const to of terminator ? successors(terminator) : []) {
      if (seen.has(to) || to === allocation) continue;
      seen.add(to);
      work.push(to);
    }
  }
  return seen;
}

/** The first use or test in a block, from the statement of that index on. */
function stepThrough(
  reader: Reader,
  { id, statements, terminator }: Block,
  from: number,
):
  | { readonly kind: "use"; readonly statement: number; readonly span: FileSpan }
  | { readonly kind: "stop" }
  | undefined {
  for (const statement of statements.slice(from)) {
    const step = stepOver(reader, statement);
    if (step?.kind === "use") return { ...step, statement: statement.id };
    if (step) return step;
  }
  const read = expressionsOfTerminator(terminator);
  const through = read.flatMap(placesIn).find((place) => reader.throughPointer(place, -1, id));
  if (through) return { kind: "use", statement: -1, span: spanOf(through, terminator) };
  return read.some((one) => reader.concerns(one, -1, id)) ? { kind: "stop" } : undefined;
}

function stepOver(reader: Reader, statement: Statement): Step {
  const { facts, owner, made } = reader;
  if (statement === made || statement.kind === "opaque") return { kind: "stop" };
  // Operands of a comparison are a test, wherever its result goes.
  if (expressionsOf(statement).some((one) => isTest(reader, one, statement.id))) return { kind: "stop" };
  const places = [
    ...expressionsOf(statement).flatMap(placesIn),
    ...(statement.kind === "assign" || statement.kind === "zero" ? [statement.target] : []),
    ...(statement.kind === "call" && statement.result ? [statement.result] : []),
  ];
  const through = places.find((place) => reader.throughPointer(place, statement.id));
  if (through) return { kind: "use", span: spanOf(through, statement) };
  if (statement.kind !== "call") return undefined;
  const isGiven = statement.arguments.some((one) => reader.concerns(one, statement.id));
  const api = facts.apiOf(owner, statement);
  const name = directName(statement);
  if (copying.has(name) && statement.arguments.some((one) => reader.isResult(one, statement.id)))
    return { kind: "use", span: statement.calleeSpan };
  if (/WARN|BUG|ASSERT|IS_ERR|NULL|assert|check/.test(name) && isGiven) return { kind: "stop" };
  // Code out of sight may test what it gets; the unit's own may look at what is kept in a struct.
  if (isGiven && !api) return { kind: "stop" };
  const isOwn = statement.callee.kind === "indirect" || facts.unit.functionNamed(name, statement.file) !== undefined;
  return isOwn && reader.isKept ? { kind: "stop" } : undefined;
}

/** They write to or read from the memory whatever the pointer is (linux 6.12.117, include/linux/string.h). */
const copying = new Set(["memset", "memcpy", "memmove", "memset32", "memset64", "strcpy", "strscpy"]);

function isTest(reader: Reader, expression: Expression, statement: number): boolean {
  const one = peel(expression);
  switch (one.kind) {
    case "unary":
      return one.operator === "!" ? reader.concerns(one.operand, statement) : isTest(reader, one.operand, statement);
    case "binary":
      return comparisons.has(one.operator)
        ? reader.concerns(one, statement)
        : isTest(reader, one.left, statement) || isTest(reader, one.right, statement);
    default:
      return false;
  }
}
const comparisons = new Set(["<", ">", "<=", ">=", "==", "!="]);

/** The first call that is given the handle, where the pointer lies in a field that nobody in the unit ever tests. */
function handleUse(reader: Reader, kept: Place): UntestedAllocation["use"] | undefined {
  const { facts, owner, made } = reader;
  const key = placeKey(kept);
  const field = kept.steps.at(-1);
  if (key === undefined || field?.kind !== "field") return undefined;
  const flow = flowOf(owner);
  for (const id of flow.order) {
    const block = owner.blocks[id];
    // A test in the function itself, or a result that tells of the failure.
    if (!block) continue;
    if (expressionsOfTerminator(block.terminator).some((one) => reader.concerns(one, -1, id))) return undefined;
  }
  const use = flow.order
    .flatMap((id) => owner.blocks[id]?.statements ?? [])
    .filter(({ id }) => id > made.id)
    .find(
      (one): one is CallStatement =>
        one.kind === "call" &&
        facts.apiOf(owner, one)?.effect !== "free" &&
        one.arguments.some((argument) => reader.isHandle(argument, one.id)),
    );
  if (!use || facts.unit.functionsMentioning(field.name).some((one) => mayTest(facts, one, key))) return undefined;
  return { kind: "given-on", statement: use.id, span: use.calleeSpan };
}

/** Whether a condition, another place or a call that may test gets the field's value: not the kernel's own, such as the free. */
function mayTest(facts: Facts, owner: ProgramFunction, key: string): boolean {
  const holds = (expression: Expression): boolean => placesIn(expression).some((place) => placeKey(place) === key);
  const frees = owner.blocks.some(({ statements }) =>
    statements.some(
      (one) => one.kind === "call" && facts.apiOf(owner, one)?.effect === "free" && one.arguments.some(holds),
    ),
  );
  // Whoever frees the memory asks whether there is any, long after.
  if (frees) return false;
  return owner.blocks.some(
    ({ statements, terminator }) =>
      expressionsOfTerminator(terminator).some(holds) ||
      statements.some(
        (one) =>
          (one.kind === "assign" || (one.kind === "call" && !facts.apiOf(owner, one))) &&
          expressionsOf(one).some(holds),
      ),
  );
}

function spanOf(place: Place, statement: FileSpan): FileSpan {
  const { file, start, end } = place.end > place.start ? place : statement;
  return { file, start, end };
}

/** The temporary itself, not what it points to. */
function isWholeTemporary(owner: ProgramFunction, place: Place): boolean {
  return place.steps.length === 0 && isTemporary(owner, place);
}

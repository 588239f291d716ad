/**
 * Counts from dma_map_sg() that only bound a loop, or lie in a field, and that nobody compares with 0: after a failed map the loop
 * makes no entry and the device is started all the same (kernel/dma/mapping.c:246-260, linux 6.12.117: 0 is the failure).
 */
import type { CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { directName, expressionsOfTerminator } from "../../program/visit.ts";
import { successors } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { passesThrough } from "../values/api-effects.ts";
import { fieldKey } from "../values/field-keys.ts";
import { workingsOf } from "../unit-facts.ts";
import { counting, expressionsReadBy, listText, partsOf } from "./sg-map-results.ts";

export interface UntestedCount {
  readonly call: ApiCall;
  /** The list that is mapped, as the source spells it. */
  readonly list: string;
  /** What holds the count, as the source spells it. */
  readonly count: string;
}

/** Calls whose count is used and never tested, by file, function and statement. */
export function untestedCounts(facts: Facts): readonly UntestedCount[] {
  if (counting.every((name) => facts.callsTo(name).length === 0)) return [];
  return facts.callsWith("map-sg").flatMap((call) => {
    const { result, macro } = call.statement;
    const list = call.statement.arguments[1];
    if (!counting.includes(call.name) || macro !== undefined || !result || !list) return [];
    const uses = new CountUses(facts);
    uses.follow(call.function, result, call.statement, 0);
    if (uses.mayBeTested || !uses.isTaken || !uses.readsAddresses) return [];
    return [{ call, list: listText(facts, call, list), count: facts.textOfPlace(call.function, result) }];
  });
}

/** Helpers of helpers: deeper, nobody hands a count on. */
const deepest = 2;

/** A list's addresses are read: the entries of the map are given to the device. */
const addressReaders = ["sg_dma_address", "sg_dma_len"];

/** Calls that do not care for the count: they print it, write it to a register, or give the list back. */
const caresNot =
  /^(dev_(dbg|info|warn|err)|pr_(debug|info|warn|err)|printk|(__raw_)?write[bwlq](_relaxed)?|iowrite(8|16|32|64)(be)?|out_[bl]e(16|32)|(ib_)?dma_unmap_sg(_attrs)?|sg_dma_address|sg_dma_len)$/;

/** How one count is used, over the places that it gets to. */
class CountUses {
  mayBeTested = false;
  /** Something depends on it: a loop, or a field that others read. */
  isTaken = false;
  readsAddresses = false;
  readonly #facts: Facts;
  readonly #fields = new Set<string>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Follows the count in `place` of a function, from a statement on (from the start where there is none). */
  follow(owner: ProgramFunction, place: Place, from: Statement | undefined, depth: number): void {
    const id = place.root.kind === "variable" ? place.root.id : -1;
    if (id < 0 || place.steps.length > 0) {
      this.#followField(place, depth);
      if (!this.mayBeTested) this.#seeAddresses(owner);
      return;
    }
    const isCount = (one: Expression): boolean =>
      one.kind === "read" && one.place.steps.length === 0 && isVariable(one.place, id);
    const home = owner.blocks.find((block) => from === undefined || block.statements.includes(from));
    if (!home || depth > deepest) {
      this.mayBeTested = true;
      return;
    }
    const seen = new Set<number>();
    const waiting = [{ block: home, at: from === undefined ? 0 : home.statements.indexOf(from) + 1 }];
    for (let next = waiting.pop(); next && !this.mayBeTested; next = waiting.pop()) {
      const { block, at } = next;
      const ended = block.statements.slice(at).some((statement) => {
        this.#statement(owner, statement, isCount, depth);
        const written = "target" in statement ? statement.target : "result" in statement ? statement.result : undefined;
        return written !== undefined && written.steps.length === 0 && isVariable(written, id);
      });
      if (ended) continue;
      this.#terminator(owner, block, isCount);
      for (const target of successors(block.terminator)) {
        const following = owner.blocks[target];
        if (!following || seen.has(target)) continue;
        seen.add(target);
        waiting.push({ block: following, at: 0 });
      }
    }
    this.#seeAddresses(owner);
  }

  #followField(place: Place, depth: number): void {
    const key = fieldKey(place.steps);
    const last = place.steps.at(-1);
    if (key === undefined || last?.kind !== "field") {
      this.mayBeTested = true;
      return;
    }
    if (this.#fields.has(key)) return;
    this.#fields.add(key);
    this.isTaken = true;
    const isCount = (one: Expression): boolean => one.kind === "read" && fieldKey(one.place.steps) === key;
    for (const owner of this.#facts.unit.functionsMentioning(last.name))
      for (const block of owner.blocks) {
        for (const statement of block.statements) this.#statement(owner, statement, isCount, depth);
        this.#terminator(owner, block, isCount);
        if (this.mayBeTested) return;
      }
  }

  #statement(owner: ProgramFunction, statement: Statement, isCount: (one: Expression) => boolean, depth: number): void {
    if (statement.kind === "opaque") {
      this.mayBeTested = true;
      return;
    }
    for (const expression of expressionsReadBy(statement)) this.#tests(owner, expression, isCount, false);
    if (statement.kind === "assign" && isCount(peel(statement.value))) this.#copied(statement.target, depth);
    if (statement.kind === "call") this.#passed(owner, statement, isCount, depth);
  }

  #copied(target: Place, depth: number): void {
    if (target.steps.at(-1)?.kind === "field") this.#followField(target, depth);
    else this.mayBeTested = true;
  }

  #passed(owner: ProgramFunction, call: CallStatement, isCount: (one: Expression) => boolean, depth: number): void {
    for (const [index, argument] of call.arguments.entries()) {
      const given = peel(argument);
      // What comes of a comparison with the count was looked at already.
      if (given.kind === "binary" && comparisons.has(given.operator)) continue;
      if (!partsOf(given).some((part) => isCount(part) || isAddressOf(part, isCount))) continue;
      const callees = workingsOf(this.#facts).index.callees(owner, call);
      const name = directName(call);
      const indifferent = caresNot.test(name) || passesThrough(name) !== undefined;
      if (callees.length === 0 && !indifferent) this.mayBeTested = true;
      for (const callee of callees) {
        const parameter = callee.parameters[index];
        const variable = parameter === undefined ? undefined : callee.variables[parameter];
        if (!variable || !isCount(given)) this.mayBeTested = true;
        else
          this.follow(
            callee,
            { root: { kind: "variable", id: variable.id }, steps: [], type: variable.type, ...spanOf(callee) },
            undefined,
            depth + 1,
          );
      }
    }
  }

  #terminator(
    owner: ProgramFunction,
    { terminator }: ProgramFunction["blocks"][number],
    isCount: (one: Expression) => boolean,
  ): void {
    for (const expression of expressionsOfTerminator(terminator)) {
      // How many entries were made is given back: 0 for none.
      if (terminator.kind === "return" && isCounter(owner, expression)) this.mayBeTested = true;
      if (!partsOf(expression).some(isCount)) continue;
      if (terminator.kind === "iterate") this.isTaken = true;
      else if (terminator.kind === "branch") this.#tests(owner, expression, isCount, true);
      else this.mayBeTested = true;
    }
  }

  /** Looks for what can tell 0 from a count in an expression; `decides` where a branch hangs on the whole of it. */
  #tests(
    owner: ProgramFunction,
    expression: Expression,
    isCount: (one: Expression) => boolean,
    decides: boolean,
  ): void {
    const mentions = (one: Expression): boolean => partsOf(one).some(isCount);
    let compared = false;
    for (const part of partsOf(expression)) {
      if (part.kind === "unary" && part.operator === "!" && mentions(part.operand)) this.mayBeTested = true;
      if (part.kind !== "binary" || !comparisons.has(part.operator)) continue;
      const [mine, other] = mentions(part.left) ? [part.left, part.right] : [part.right, part.left];
      if (!mentions(mine)) continue;
      compared = true;
      if (isCounter(owner, other)) this.isTaken = true;
      else if (!isAbove(part, mine)) this.mayBeTested = true;
    }
    if (decides && !compared && mentions(expression)) this.mayBeTested = true;
  }

  #seeAddresses(owner: ProgramFunction): void {
    if (addressReaders.some((name) => this.#facts.callsIn(owner, name).length > 0)) this.readsAddresses = true;
  }
}

const comparisons: ReadonlySet<string> = new Set(["<", ">", "<=", ">=", "==", "!="]);

/** A local that counts up: `i < n` bounds a loop, `i == n - 1` finds its last round. */
function isCounter(owner: ProgramFunction, expression: Expression): boolean {
  const one = peel(expression);
  if (one.kind !== "read" || one.place.root.kind !== "variable" || one.place.steps.length > 0) return false;
  const { id } = one.place.root;
  return owner.blocks.some(
    ({ statements, terminator }) =>
      statements.some(
        (statement) =>
          statement.kind === "assign" &&
          statement.target.steps.length === 0 &&
          isVariable(statement.target, id) &&
          statement.value.kind === "binary" &&
          statement.value.operator === "+" &&
          partsOf(statement.value).some((part) => part.kind === "read" && isVariable(part.place, id)),
      ) ||
      (terminator.kind === "iterate" && terminator.assigns.some((place) => isVariable(place, id))),
  );
}

/** `n > limit`: 0 goes the same way as a good count. */
function isAbove(part: Expression & { readonly kind: "binary" }, mine: Expression): boolean {
  const limit = peel(part.left === mine ? part.right : part.left);
  if (limit.kind === "constant" && limit.value === 0n) return false;
  return part.operator === (part.left === mine ? ">" : "<");
}

function isAddressOf(part: Expression, isCount: (one: Expression) => boolean): boolean {
  return part.kind === "address" && isCount({ ...part, kind: "read" });
}

function isVariable(place: Place, id: number): boolean {
  return place.root.kind === "variable" && place.root.id === id;
}

function spanOf({ file, start, end }: ProgramFunction): { file: string; start: number; end: number } {
  return { file, start, end };
}

/**
 * Words by which a device and a driver tell each other whose a descriptor is: a field that the driver tests a bit of, and in
 * which it sets that very bit when it hands the descriptor over. Found by values, never by a field's name.
 */
import { type KnownMap, knownMap, KnownOf } from "../../program/dependencies.ts";
import type {
  Block,
  BlockId,
  Expression,
  Place,
  ProgramFunction,
  Statement,
  VariableId,
} from "../../program/program.ts";
import { passesThrough } from "../values/api-effects.ts";
import type { Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";

export interface OwnershipWords {
  /** Whether the store hands a record over: the bit that it sets in a field, and that the driver tests elsewhere, as it is written. */
  handsOver(owner: ProgramFunction, statement: Statement): string | undefined;
  /** The field of an ownership bit that a condition tests, "record.field", and the bit as it is written. */
  testedBy(owner: ProgramFunction, condition: Expression): { readonly field: string; readonly bit: string } | undefined;
  /** Whether the store sets a bit that the driver tests anywhere, for whatever, and that is none of `other`, as it is written. */
  setsTested(owner: ProgramFunction, statement: Statement, other: string): boolean;
}

/** A constant other than 0: its value, where somebody knows it, and how the source writes it. */
interface Bits {
  readonly value: bigint | undefined;
  readonly text: string;
}
/** Field to the bits of it, by their text. */
type FieldBits = KnownMap<string, ReadonlyMap<string, Bits>>;

const known = new KnownOf<Facts, OwnershipWords>();

export function ownershipWords(facts: Facts): OwnershipWords {
  const found = known.get(facts);
  if (found) return found;
  // By field, when somebody asks for it: only functions that hold the field's name are looked into.
  const tested: FieldBits = knownMap();
  const testedBits = (key: string): ReadonlyMap<string, Bits> =>
    bitsOf(tested, key, (bits) => {
      for (const owner of facts.unit.functionsMentioning(memberOf(key)))
        for (const test of clearTests(owner)) if (test.key === key) bits.set(test.bits.text, test.bits);
    });
  const set: FieldBits = knownMap();
  const setBits = (key: string): ReadonlyMap<string, Bits> =>
    bitsOf(set, key, (found) => {
      const wanted = testedBits(key);
      if (wanted.size === 0) return;
      for (const owner of facts.unit.functionsStoring(memberOf(key)))
        for (const block of owner.blocks)
          for (const statement of block.statements)
            for (const stored of bitsStored(owner, statement))
              if (stored.key === key)
                for (const one of wanted.values()) if (includes(stored.bits, one)) found.set(one.text, one);
    });
  const looked: FieldBits = knownMap();
  const lookedAt = (key: string): ReadonlyMap<string, Bits> =>
    bitsOf(looked, key, (bits) => {
      for (const owner of facts.unit.functionsMentioning(memberOf(key)))
        for (const test of bitTests(owner)) if (test.key === key) bits.set(test.bits.text, test.bits);
    });
  const words: OwnershipWords = {
    handsOver: (owner, statement) => {
      for (const { key, bits } of bitsStored(owner, statement))
        for (const one of setBits(key).values()) if (includes(bits, one)) return one.text;
      return undefined;
    },
    testedBy: (owner, condition) => {
      const test = bitTest(owner, condition);
      const field = test && fieldKey(test.place.steps);
      return test && field !== undefined && setBits(field).has(test.bits.text)
        ? { field, bit: test.bits.text }
        : undefined;
    },
    setsTested: (owner, statement, other) =>
      bitsStored(owner, statement).some(({ key, bits }) =>
        [...lookedAt(key).values()].some((one) => one.text !== other && includes(bits, one)),
      ),
  };
  known.set(facts, words);
  return words;
}

/** Every bit that a condition of the function tests. */
function bitTests(owner: ProgramFunction): readonly { readonly key: string; readonly bits: Bits }[] {
  return owner.blocks.flatMap(({ terminator }) => {
    const test = terminator.kind === "branch" ? bitTest(owner, terminator.condition) : undefined;
    const key = test && fieldKey(test.place.steps);
    return test && key !== undefined ? [{ key, bits: test.bits }] : [];
  });
}

function bitsOf(fields: FieldBits, key: string, fill: (bits: Map<string, Bits>) => void): ReadonlyMap<string, Bits> {
  const known = fields.get(key);
  if (known !== undefined) return known;
  const bits = new Map<string, Bits>();
  fill(bits);
  fields.set(key, bits);
  return bits;
}

/** The member's own name of "record.member*". */
function memberOf(key: string): string {
  return key.slice(key.lastIndexOf(".") + 1).replace(/\*+$/, "");
}

const tests = new WeakMap<readonly Block[], readonly { readonly key: string; readonly bits: Bits }[]>();

/** The bits that the function waits for to be clear. */
function clearTests(owner: ProgramFunction): readonly { readonly key: string; readonly bits: Bits }[] {
  const made = tests.get(owner.blocks);
  if (made) return made;
  const found: { key: string; bits: Bits }[] = [];
  for (const id of flowOf(owner).order) {
    const terminator = owner.blocks[id]?.terminator;
    if (terminator?.kind !== "branch") continue;
    const test = bitTest(owner, terminator.condition);
    const key = test && fieldKey(test.place.steps);
    if (test && key !== undefined && waitsForClear(owner, id, test)) found.push({ key, bits: test.bits });
  }
  tests.set(owner.blocks, found);
  return found;
}

/** Whether a constant holds all the bits of another; equal names are equal values, whatever they are. */
function includes(stored: Bits, wanted: Bits): boolean {
  if (stored.value === undefined || wanted.value === undefined) return stored.text === wanted.text;
  return (stored.value & wanted.value) === wanted.value;
}

interface BitTest {
  readonly place: Place;
  readonly bits: Bits;
  /** Whether the condition holds when the bit is set. */
  readonly sense: boolean;
}

/** `field & BIT`, whatever locals and byte-order conversions it goes through. */
function bitTest(owner: ProgramFunction, condition: Expression): BitTest | undefined {
  let sense = true;
  let at = peel(condition);
  while (at.kind === "unary" && at.operator === "!") {
    sense = !sense;
    at = peel(at.operand);
  }
  if (at.kind === "binary" && (at.operator === "==" || at.operator === "!=")) {
    const [word, other] = resolve(owner, at.right).kind === "binary" ? [at.right, at.left] : [at.left, at.right];
    const against = peel(other);
    const isZero = against.kind === "constant" && against.value === 0n;
    if (!isZero && constantOf(owner, other) === undefined) return undefined;
    if ((at.operator === "==") === isZero) sense = !sense;
    at = resolve(owner, word);
  } else at = resolve(owner, at);
  if (at.kind !== "binary" || at.operator !== "&") return undefined;
  for (const [field, mask] of [
    [at.left, at.right],
    [at.right, at.left],
  ] as const) {
    const bits = constantOf(owner, mask);
    const word = resolve(owner, field);
    if (bits !== undefined && word.kind === "read" && fieldKey(word.place.steps) !== undefined)
      return { place: word.place, bits, sense };
  }
  return undefined;
}

/** Whether the driver goes on only when the bit is clear: what it does then it does on no other way. */
function waitsForClear(owner: ProgramFunction, block: BlockId, test: BitTest): boolean {
  const terminator = owner.blocks[block]?.terminator;
  if (terminator?.kind !== "branch" || choosesText(owner, terminator.then)) return false;
  const clear = test.sense ? terminator.otherwise : terminator.then;
  return flowOf(owner)
    .edgesTo(clear)
    .some((edge) => edge.from === block && edge.to === clear);
}

/** `bit ? "busy" : ""`: a word for people. */
function choosesText(owner: ProgramFunction, block: BlockId): boolean {
  const statements = owner.blocks[block]?.statements ?? [];
  return statements.length === 1 && statements[0]?.kind === "assign" && statements[0].value.kind === "string";
}

function bitsStored(owner: ProgramFunction, statement: Statement): readonly StoredBits[] {
  let stored = storedBits.get(statement);
  if (!stored) {
    stored = findBitsStored(owner, statement);
    storedBits.set(statement, stored);
  }
  return stored;
}

interface StoredBits {
  readonly key: string;
  readonly bits: Bits;
}

const storedBits = new WeakMap<Statement, readonly StoredBits[]>();
const noBits: readonly StoredBits[] = [];

function findBitsStored(owner: ProgramFunction, statement: Statement): readonly StoredBits[] {
  const [target, value] =
    statement.kind === "assign"
      ? [statement.target, statement.value]
      : statement.kind === "call" && statement.result
        ? [statement.result, throughConversion(statement)]
        : [];
  const key = target && fieldKey(target.steps);
  if (key === undefined || !value) return noBits;
  const stored: StoredBits[] = [];
  const gather = (expression: Expression, depth: number): void => {
    const one = resolve(owner, expression);
    const bits = constantOf(owner, one);
    if (bits !== undefined) stored.push({ key, bits });
    else if (depth < 8 && one.kind === "binary" && (one.operator === "|" || one.operator === "+")) {
      gather(one.left, depth + 1);
      gather(one.right, depth + 1);
    }
  };
  gather(value, 0);
  return stored;
}

function throughConversion(statement: Statement): Expression | undefined {
  if (statement.kind !== "call" || statement.callee.kind !== "direct") return undefined;
  const at = passesThrough(statement.callee.name);
  return at === undefined ? undefined : statement.arguments[at];
}

/** A constant other than 0. */
function constantOf(owner: ProgramFunction, expression: Expression): Bits | undefined {
  const one = resolve(owner, expression);
  if (one.kind === "symbol") return { value: undefined, text: one.name };
  if (one.kind !== "constant" || one.value === 0n) return undefined;
  return { value: one.value, text: one.name ?? `0x${one.value.toString(16)}` };
}

/** What a local was assigned, where that is one thing only; else the expression itself. */
function resolve(owner: ProgramFunction, expression: Expression): Expression {
  let at = peel(expression);
  for (let steps = 0; steps < 6; steps++) {
    if (at.kind !== "read" || at.place.steps.length > 0 || at.place.root.kind !== "variable") return at;
    const next = definitionsOf(owner).get(at.place.root.id);
    if (!next) return at;
    at = peel(next);
  }
  return at;
}

const definitions = new WeakMap<readonly Block[], ReadonlyMap<VariableId, Expression>>();

/** The only value that each local is ever given; a loop that reads a status again gives the same one twice. */
function definitionsOf(owner: ProgramFunction): ReadonlyMap<VariableId, Expression> {
  const made = definitions.get(owner.blocks);
  if (made) return made;
  const values = new Map<VariableId, Expression | undefined>();
  const note = (place: Place | undefined, value: Expression | undefined): void => {
    if (place?.root.kind !== "variable" || place.steps.length > 0) return;
    const before = values.get(place.root.id);
    const same = !values.has(place.root.id) || (before && value && sameRead(before, value));
    values.set(place.root.id, same ? (before ?? value) : undefined);
  };
  for (const block of owner.blocks)
    for (const statement of block.statements) {
      if (statement.kind === "assign") note(statement.target, statement.value);
      else if (statement.kind === "call") note(statement.result, throughConversion(statement));
    }
  for (const id of owner.parameters) values.delete(id);
  const result = new Map([...values].flatMap(([id, value]) => (value ? [[id, value] as const] : [])));
  definitions.set(owner.blocks, result);
  return result;
}

function sameRead(a: Expression, b: Expression): boolean {
  const [left, right] = [peel(a), peel(b)];
  if (left.kind !== "read" || right.kind !== "read") return false;
  const key = fieldKey(left.place.steps);
  return key !== undefined && key === fieldKey(right.place.steps);
}

/**
 * Names for the values of one function: texts that are equal only for equal values on one pass through it.
 * `<P1>` is what parameter 1 held on entry, `<R12>` what call 12 gave back, `<L ...>` what memory held, `<J4:...>` what paths
 * brought together in block 4. A pointer is the object that it was made from and a path inside it (".field", "+#4").
 * Unlike provenance, which asks where memory came from, this tells one value from another, through locals, fields and joins.
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type {
  BlockId,
  CallStatement,
  Expression,
  Place,
  ProgramFunction,
  Statement,
  VariableId,
} from "../../program/program.ts";
import type { Type } from "../../program/types.ts";
import { directName, typeOf } from "../../program/visit.ts";
import { peel } from "../values/local-evaluation.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { fieldsIn } from "./ownership-fields.ts";
import { accessedField, namedResult } from "./ownership-results.ts";

export interface SymbolicValue {
  readonly object: string;
  readonly path: string;
}
/** Storage: an object and a path in it, and what the source calls it ("record.field") where it is a field. */
export interface Storage extends SymbolicValue {
  readonly field: string | undefined;
}
interface Cell {
  readonly value: SymbolicValue;
  readonly field: string | undefined;
}
export type Environment = Map<string, Cell>;

/** What the values of one function ask about other functions. */
export interface ValueContext {
  api(caller: ProgramFunction, call: CallStatement): ApiFunction | undefined;
  callees(caller: ProgramFunction, call: CallStatement): readonly ProgramFunction[];
  /** Fields ("record.field") that the function may store to, its callees included. */
  modifies(target: ProgramFunction): Pick<ReadonlySet<string>, "has">;
  fillsParameter(target: ProgramFunction, parameter: number): boolean;
}

export function textOfValue(value: SymbolicValue): string {
  return value.object + value.path;
}
export function plain(object: string): SymbolicValue {
  return { object, path: "" };
}
export function resultName(call: CallStatement): string {
  return `<R${call.id}>`;
}

/** Names longer than this say nothing that a person could still mean. */
const longestName = 240;
const mostRounds = 16;

export class OwnershipValues {
  readonly owner: ProgramFunction;
  /** Whether the values settled; an unsettled function has none. */
  readonly settled: boolean;
  readonly #context: ValueContext;
  readonly #entries = new Map<BlockId, Environment>();
  readonly #exits = new Map<BlockId, Environment>();
  /** Fields that the function itself reads or writes: nothing else needs a generation. */
  readonly #mentioned: ReadonlySet<string>;

  constructor(owner: ProgramFunction, context: ValueContext) {
    this.owner = owner;
    this.#context = context;
    this.#mentioned = fieldsIn(owner);
    this.settled = this.#solve();
  }

  /** What storage holds at the start of a block: a copy that `step` may be applied to. */
  entryOf(block: BlockId): Environment {
    return new Map(this.#entries.get(block));
  }
  /** What storage holds at the end of a block. */
  exitOf(block: BlockId): Environment {
    return this.#exits.get(block) ?? new Map<string, Cell>();
  }
  /** What storage holds just before a statement. */
  before(statement: Statement): Environment {
    const place = flowOf(this.owner).locate(statement.id);
    const environment = this.entryOf(place?.block ?? 0);
    for (const one of this.owner.blocks[place?.block ?? 0]?.statements.slice(0, place?.index ?? 0) ?? [])
      this.step(environment, one);
    return environment;
  }
  /** The joins of a block: for every name made there, the storage that it names. */
  joinsOf(block: BlockId): readonly { readonly name: string; readonly key: string }[] {
    const joins: { name: string; key: string }[] = [];
    for (const [key, cell] of this.#entries.get(block) ?? [])
      if (cell.value.object === joinName(block, key)) joins.push({ name: cell.value.object, key });
    return joins;
  }
  /** The value of the storage with that key at the start of a block. */
  valueAtEntry(block: BlockId, key: string): SymbolicValue {
    return this.#entries.get(block)?.get(key)?.value ?? this.#initial(key);
  }
  /** The value of the storage with that key at the end of a block. */
  heldAtExit(block: BlockId, key: string): SymbolicValue {
    return this.#exits.get(block)?.get(key)?.value ?? this.#initial(key);
  }

  evaluate(environment: Environment, expression: Expression): SymbolicValue {
    switch (expression.kind) {
      case "constant":
        return plain(`#${expression.value}`);
      case "symbol":
        return plain(expression.name === "NULL" ? "#0" : `$${expression.name}`);
      case "string":
        return plain(`"${expression.start}"`);
      case "function":
        return plain(`&${expression.name}`);
      case "read": {
        const storage = this.locate(environment, expression.place);
        return expression.place.type.kind === "array" ? storage : this.read(environment, storage);
      }
      case "address": {
        const { object, path } = this.locate(environment, expression.place);
        return { object, path };
      }
      case "cast":
        return this.evaluate(environment, expression.operand);
      case "unary":
        return this.#named(`${expression.operator}(${textOfValue(this.evaluate(environment, expression.operand))})`);
      case "binary":
        return this.#binary(environment, expression);
      case "sizeof":
        return plain(`sizeof(${typeName(expression.operand)})`);
      case "type":
        return plain(`type(${typeName(expression.operand)})`);
      case "opaque":
        return plain(`<O ${expression.text}>`);
    }
  }

  /** The storage that a place means. */
  locate(environment: Environment, place: Place): Storage {
    let object = place.root.kind === "variable" ? variableName(place.root.id) : `<G ${place.root.name}>`;
    let path = "";
    place.steps.forEach((step, index) => {
      if (step.kind === "deref") {
        const field = fieldKey(place.steps.slice(0, index));
        const pointer = this.read(environment, { object, path, field });
        object = pointer.object;
        path = pointer.path;
      } else if (step.kind === "field") path += `.${step.name}`;
      else path += offset("+", this.evaluate(environment, step.index));
    });
    const named = this.#named(object, path);
    return { ...named, field: fieldKey(place.steps) };
  }

  read(environment: Environment, storage: Storage): SymbolicValue {
    const key = textOfValue(storage);
    const cell = environment.get(key);
    if (cell) return cell.value;
    const generation = storage.field === undefined ? undefined : environment.get(`@${storage.field}`);
    return generation ? this.#named(`<L ${key}@${generation.value.object}>`) : this.#initial(key);
  }

  /** Applies a statement to an environment. */
  step(environment: Environment, statement: Statement): void {
    switch (statement.kind) {
      case "assign":
        write(environment, this.locate(environment, statement.target), this.evaluate(environment, statement.value));
        return;
      case "zero":
        write(environment, this.locate(environment, statement.target), plain("#0"));
        return;
      case "declare":
        forget(environment, variableName(statement.variable));
        environment.set(variableName(statement.variable), {
          value: plain(`<U${statement.id}>`),
          field: undefined,
        });
        return;
      case "call":
        this.#call(environment, statement);
        return;
      default:
        return;
    }
  }

  #call(environment: Environment, call: CallStatement): void {
    const callees = this.#context.callees(this.owner, call);
    const values = call.arguments.map((argument) => this.evaluate(environment, argument));
    const storages = call.arguments.map((argument) => {
      const pointed = peel(argument);
      return pointed.kind === "address" ? this.locate(environment, pointed.place) : undefined;
    });
    const name = directName(call);
    const accessed = callees.length === 0 ? accessedField(name, values, call.arguments) : undefined;
    const result = accessed
      ? this.read(environment, { ...accessed.at, field: accessed.field })
      : callees.length === 0
        ? namedResult(name, values, resultName(call), call.arguments)
        : undefined;
    if (accessed?.stored) write(environment, { ...accessed.at, field: accessed.field }, accessed.stored);
    const changed = callees.length > 0 ? callees.map((one) => this.#context.modifies(one)) : [changedByKernel(name)];
    for (const fields of changed) if (fields !== none) this.#renew(environment, fields, call);
    call.arguments.forEach((argument, index) => {
      const storage = storages[index];
      const pointed = peel(argument);
      if (!storage || pointed.kind !== "address") return;
      const { kind } = pointed.place.type;
      const filled =
        callees.length > 0
          ? callees.some((one) => this.#context.fillsParameter(one, index))
          : kind !== "record" && kind !== "array";
      // A struct handed over by address mostly stays as it was: only plain out-parameters are renewed.
      if (!filled || kind === "record") return;
      write(environment, storage, plain(`<A${call.id}:${index}>`));
    });
    if (call.result) write(environment, this.locate(environment, call.result), result ?? plain(resultName(call)));
  }

  /** Everything that was known of the fields is from before the call. */
  #renew(environment: Environment, fields: Pick<ReadonlySet<string>, "has">, call: CallStatement): void {
    for (const [key, cell] of [...environment])
      if (cell.field !== undefined && fields.has(cell.field)) environment.delete(key);
    for (const field of this.#mentioned)
      if (fields.has(field)) environment.set(`@${field}`, { value: plain(resultName(call)), field: undefined });
  }

  #initial(key: string): SymbolicValue {
    const variable = /^<V(\d+)>$/.exec(key);
    if (variable) {
      const kind = this.owner.variables[Number(variable[1])]?.kind;
      return plain(kind === "parameter" ? `<P${variable[1] ?? ""}>` : kind === "static" ? `<L ${key}>` : `<U>`);
    }
    return this.#named(key.startsWith("@") ? "" : `<L ${key}>`);
  }

  #binary(environment: Environment, expression: Expression & { readonly kind: "binary" }): SymbolicValue {
    const left = this.evaluate(environment, expression.left);
    const right = this.evaluate(environment, expression.right);
    const { operator } = expression;
    if (operator === "+" || operator === "-") {
      if (isPointer(expression.left)) return this.#named(left.object, left.path + offset(operator, right));
      if (operator === "+" && isPointer(expression.right))
        return this.#named(right.object, right.path + offset(operator, left));
    }
    return this.#named(`(${textOfValue(left)}${operator}${textOfValue(right)})`);
  }

  #named(object: string, path = ""): SymbolicValue {
    if (object.length + path.length <= longestName) return { object, path };
    return plain(`<X ${shortened(object + path)}>`);
  }

  #solve(): boolean {
    const flow = flowOf(this.owner);
    for (let round = 0; round < mostRounds; round++) {
      let changed = false;
      for (const id of flow.order) {
        const block = this.owner.blocks[id];
        if (!block) continue;
        const incoming = (flow.predecessors[id] ?? []).filter((one) => this.#exits.has(one));
        const entry = id === 0 && incoming.length === 0 ? new Map<string, Cell>() : this.#join(id, incoming);
        const before = this.#entries.get(id);
        if (before && sameEnvironment(before, entry)) continue;
        changed = true;
        this.#entries.set(id, entry);
        const environment = new Map(entry);
        for (const statement of block.statements) this.step(environment, statement);
        if (block.terminator.kind === "iterate")
          for (const place of block.terminator.assigns) {
            const storage = this.locate(environment, place);
            write(environment, storage, plain(`<I${id}:${textOfValue(storage)}>`));
          }
        this.#exits.set(id, environment);
      }
      if (!changed) return true;
    }
    this.#entries.clear();
    this.#exits.clear();
    return false;
  }

  #join(block: BlockId, incoming: readonly BlockId[]): Environment {
    const environments = incoming.map((one) => this.exitOf(one));
    const [first, ...others] = environments;
    if (!first) return new Map();
    if (others.length === 0) return new Map(first);
    const joined: Environment = new Map();
    for (const key of new Set(environments.flatMap((one) => [...one.keys()]))) {
      const cells = environments.map((one) => one.get(key));
      const values = cells.map((cell) => cell?.value ?? this.#initial(key));
      const field = cells.find((cell) => cell !== undefined)?.field;
      const [one] = values;
      if (one === undefined) continue;
      const same = values.every((value) => value.object === one.object && value.path === one.path);
      joined.set(key, { value: same ? one : plain(joinName(block, key)), field });
    }
    return joined;
  }
}

/** The names made at a block (joins, rounds of a loop macro) or by a call are stale once control comes there again. */
export function madeAt(block: BlockId): readonly string[] {
  return [`<J${block}:`, `<I${block}:`];
}
export function madeBy(call: CallStatement): readonly string[] {
  return [resultName(call), `<A${call.id}:`];
}

function joinName(block: BlockId, key: string): string {
  return `<J${block}:${shortened(key)}>`;
}
/** The key of a variable's storage. */
export function variableName(id: VariableId): string {
  return `<V${id}>`;
}
function shortened(text: string): string {
  if (text.length <= 60) return text;
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return `${text.slice(0, 40)}~${(hash >>> 0).toString(36)}`;
}

/** An offset of nothing is the place itself, so that `*p` and `p[0]` are one. */
function offset(operator: "+" | "-", by: SymbolicValue): string {
  const text = textOfValue(by);
  return text === "#0" ? "" : `${operator}${text}`;
}

function write(environment: Environment, storage: Storage, value: SymbolicValue): void {
  const key = textOfValue(storage);
  forget(environment, key);
  environment.set(key, { value, field: storage.field });
}

/** Drops a location and its parts. */
function forget(environment: Environment, key: string): void {
  for (const one of [...environment.keys()])
    if (one === key || (one.startsWith(key) && ".+-".includes(one.charAt(key.length)))) environment.delete(one);
}

function sameEnvironment(a: Environment, b: Environment): boolean {
  if (a.size !== b.size) return false;
  for (const [key, { value }] of b) {
    const other = a.get(key)?.value;
    if (other?.object !== value.object || other.path !== value.path) return false;
  }
  return true;
}

function isPointer(expression: Expression): boolean {
  const { kind } = typeOf(expression);
  return kind === "pointer" || kind === "array";
}

export function typeName(type: Type): string {
  switch (type.kind) {
    case "record":
      return `${type.tag} ${type.name}`;
    case "integer":
    case "opaque":
      return type.name;
    case "pointer":
      return `${typeName(type.target)} *`;
    case "array":
      return `${typeName(type.element)}[${type.length ?? ""}]`;
    default:
      return type.kind;
  }
}

/** Fields of the kernel's structs that its functions change: include/linux/skbuff.h. */
function changedByKernel(name: string): ReadonlySet<string> {
  return movesSkbData.has(name) ? skbData : none;
}
const none: ReadonlySet<string> = new Set();
const skbData: ReadonlySet<string> = new Set(["sk_buff.data"]);
const movesSkbData = new Set([
  "skb_reserve",
  "skb_push",
  "__skb_push",
  "skb_pull",
  "__skb_pull",
  "skb_cow_head",
  "skb_linearize",
  "pskb_expand_head",
  "skb_pull_data",
  "skb_realloc_headroom",
]);

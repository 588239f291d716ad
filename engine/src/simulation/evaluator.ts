/** Places and expressions: the part of the interpreter that reads the program, without control flow. */
import type { Expression, Place, ProgramFunction, Variable, VariableId } from "../program/program.ts";
import { type Type, unknownType } from "../program/types.ts";
import { type Cell, ObjectMemory } from "./object-memory.ts";
import { binary, computed, convert, known, scalarOf, type Value, zeroValue } from "./value.ts";
import { Stop } from "./world.ts";

export type { Cell } from "./object-memory.ts";

export interface Frame {
  readonly function: ProgramFunction;
  readonly slots: ReadonlyMap<VariableId, bigint>;
  readonly base: bigint;
  /** Temporaries that stand for a macro used as an lvalue. */
  readonly lvalues: Map<VariableId, Cell>;
}

const characterType: Type = { kind: "integer", bits: 8, signed: false, name: "char" };
const wordType: Type = { kind: "integer", bits: "long", signed: false, name: "unsigned long" };

export class Evaluator extends ObjectMemory {
  readonly #globals = new Map<string, Cell>();
  readonly #symbols = new Map<string, Value>();
  #macros = 0;
  readonly #strings = new Map<string, bigint>();

  // ------------------------------------------------------------ places

  variable(frame: Frame, id: VariableId): Variable | undefined {
    return frame.function.variables[id]?.id === id
      ? frame.function.variables[id]
      : frame.function.variables.find((variable) => variable.id === id);
  }

  #root(place: Place, frame: Frame): Cell {
    if (place.root.kind === "global") return this.global(place.root.name, frame.function.file);
    const variable = this.variable(frame, place.root.id);
    if (variable?.kind === "static") {
      return this.#object(`${frame.function.name}::${variable.name}`, variable.name, variable.type);
    }
    const address = frame.slots.get(place.root.id);
    if (variable === undefined || address === undefined) throw new Stop("a variable without a declaration is used");
    return { address, type: variable.type };
  }

  /** A file-scope object; statics of different files are different objects. */
  global(name: string, file: string): Cell {
    const declared = this.unit.globalNamed(name, file);
    const key = declared?.isStatic === true ? `${declared.file}:${name}` : name;
    return this.#object(key, name, declared?.type ?? unknownType, declared?.file);
  }

  /** `file`: where it is declared, for one at file scope. */
  #object(key: string, name: string, type: Type, file?: string): Cell {
    const existing = this.#globals.get(key);
    if (existing !== undefined) return existing;
    const size = Math.max(64, this.layouts.sizeOf(type), type.kind === "unknown" ? 256 : 0);
    const address = this.world.allocate(size, 64);
    const record = type.kind === "record" ? type.name : undefined;
    this.space.register(address, size, name, "image", record);
    const cell = { address, type };
    this.#globals.set(key, cell);
    if (file !== undefined) this.#fillTable(name, file, address, record);
    return cell;
  }

  /** A table of functions holds the unit's functions from the start. */
  #fillTable(name: string, file: string, address: bigint, record: string | undefined): void {
    const holder = this.unit.files.get(file);
    for (const table of holder?.globalTables ?? holder?.opsTables ?? []) {
      if (table.name !== name) continue;
      for (const entry of table.entries) {
        const cell = this.space.fieldAddress(address, record ?? table.record, entry.field);
        this.memory.store(cell, this.layouts.wordBytes, known(this.functionAddress(entry.value, table.file)));
      }
    }
  }

  cell(place: Place, frame: Frame): Cell {
    let cell: Cell = this.#root(place, frame);
    const last = place.steps.length - 1;
    for (const [index, step] of place.steps.entries()) {
      const final = index === last ? place.type : unknownType;
      switch (step.kind) {
        case "deref": {
          const target =
            cell.type.kind === "pointer" ? cell.type.target : cell.type.kind === "array" ? cell.type.element : final;
          if (cell.type.kind === "array") {
            cell = { address: cell.address, type: target };
            break;
          }
          const next = place.steps[index + 1];
          const wanted: Type =
            target.kind === "unknown" && next?.kind === "field" && next.record !== undefined
              ? { kind: "record", tag: "struct", name: next.record }
              : target;
          cell = { address: this.pointerIn(cell, wanted), type: wanted };
          break;
        }
        case "field": {
          const object = this.space.at(cell.address);
          const record =
            step.record ?? recordOf(cell.type) ?? (object?.base === cell.address ? object.record : undefined);
          const address = this.space.fieldAddress(cell.address, record, step.name);
          const declared = this.layouts.isDeclared(record) ? this.layouts.field(record, step.name)?.type : undefined;
          const type = declared ?? this.world.fieldType(record, step.name) ?? final;
          cell = {
            address,
            type: type.kind === "unknown" ? final : type,
            field: { owner: cell.address, record, name: step.name },
          };
          break;
        }
        case "index": {
          const value = this.evaluate(step.index, frame);
          const element = cell.type.kind === "array" ? cell.type.element : cell.type;
          const type = element.kind === "unknown" || element.kind === "void" ? final : element;
          cell = { address: cell.address + value.bits * BigInt(Math.max(1, this.layouts.sizeOf(type))), type };
          break;
        }
      }
    }
    return place.type.kind === "unknown" || cell.type.kind !== "unknown" ? cell : { ...cell, type: place.type };
  }

  // ------------------------------------------------------------ expressions

  typeOf(expression: Expression): Type {
    switch (expression.kind) {
      case "constant":
      case "unary":
      case "binary":
      case "cast":
        return expression.type;
      case "string":
        return { kind: "pointer", target: characterType };
      case "read":
        return expression.place.type;
      case "address":
        return { kind: "pointer", target: expression.place.type };
      case "sizeof":
        return wordType;
      case "function":
      case "symbol":
      case "type":
      case "opaque":
        return unknownType;
    }
  }

  evaluate(expression: Expression, frame: Frame): Value {
    switch (expression.kind) {
      case "constant":
        return known(expression.value);
      case "string":
        return known(this.#string(expression.text));
      case "symbol":
        return this.#symbol(expression.name);
      case "function":
        return known(this.functionAddress(expression.name, frame.function.file));
      case "read":
        return this.load(this.cell(expression.place, frame));
      case "address":
        return known(this.cell(expression.place, frame).address);
      case "sizeof":
        return known(BigInt(this.layouts.sizeOf(expression.operand)));
      case "unary":
        return this.#unary(expression, frame);
      case "binary":
        return this.#binary(expression, frame);
      case "cast":
        return this.#cast(expression, frame);
      case "type":
      case "opaque":
        return zeroValue;
    }
  }

  #cast(expression: Extract<Expression, { kind: "cast" }>, frame: Frame): Value {
    const value = this.evaluate(expression.operand, frame);
    const typed = expression.type.kind === "pointer" ? this.typedPointer(value, expression.type.target) : value;
    return convert(typed, expression.type, this.world.wordBits);
  }

  #unary(expression: Extract<Expression, { kind: "unary" }>, frame: Frame): Value {
    const operand = this.evaluate(expression.operand, frame);
    const operator = expression.operator;
    const apply = (bits: bigint): bigint =>
      operator === "!" ? (bits === 0n ? 1n : 0n) : operator === "-" ? -bits : ~bits;
    return convert(
      computed(apply(operand.bits), [operand], ([only = 0n]) => apply(only)),
      expression.type,
      this.world.wordBits,
    );
  }

  #binary(expression: Extract<Expression, { kind: "binary" }>, frame: Frame): Value {
    let left = this.evaluate(expression.left, frame);
    let right = this.evaluate(expression.right, frame);
    const operator = expression.operator;
    const leftType = this.typeOf(expression.left);
    const rightType = this.typeOf(expression.right);
    const word = this.world.wordBits;
    let divisor = 1n;
    if (operator === "+" || operator === "-") {
      const leftScale = this.#stride(leftType);
      const rightScale = this.#stride(rightType);
      if (leftScale !== undefined && rightScale !== undefined) divisor = operator === "-" ? leftScale : 1n;
      else if (leftScale !== undefined) right = scaled(right, leftScale);
      else if (rightScale !== undefined) left = scaled(left, rightScale);
    } else if (isComparison(operator)) {
      const common = commonScalar(scalarOf(leftType, word), scalarOf(rightType, word));
      if (common !== undefined) {
        left = convert(left, common, word);
        right = convert(right, common, word);
      }
    }
    if ((operator === "/" || operator === "%") && right.bits === 0n) this.assumptions.add("a division by zero gives 0");
    const apply = (a: bigint, b: bigint): bigint => binary(operator, a, b, word) / divisor;
    const value = computed(apply(left.bits, right.bits), [left, right], ([a = 0n, b = 0n]) => apply(a, b));
    return convert(value, expression.type, word);
  }

  /** Bytes that a pointer moves by one; undefined for what is not a pointer. */
  #stride(type: Type): bigint | undefined {
    if (type.kind === "pointer") {
      return BigInt(Math.max(1, type.target.kind === "unknown" ? 1 : this.layouts.sizeOf(type.target)));
    }
    if (type.kind === "array") return BigInt(Math.max(1, this.layouts.sizeOf(type.element)));
    return undefined;
  }

  #symbol(name: string): Value {
    const constant = this.world.constant(name);
    if (constant !== undefined) return known(constant);
    const existing = this.#symbols.get(name);
    if (existing !== undefined) return existing;
    const value = this.#unknownSymbol(name);
    this.#symbols.set(name, value);
    return value;
  }

  /** A macro of an unseen header: each has a number of its own, small enough to be a size and distinct as a case label. */
  #unknownSymbol(name: string): Value {
    const planned = this.plan.inputs.get(name);
    if (planned === "object" || !/^[A-Z0-9_]+$/.test(name)) return this.inputValue(name, unknownType, true);
    const ordinal = BigInt(++this.#macros);
    const bits = planned ?? (/SHIFT|ORDER|BITS/.test(name) ? (ordinal % 8n) + 1n : ordinal * 64n);
    this.assumptions.add(`${name} is taken as ${String(bits)}, since its definition is not in the unit`);
    this.inputs.set(name, bits);
    return { bits, origin: { kind: "input", name } };
  }

  #string(text: string): bigint {
    const existing = this.#strings.get(text);
    if (existing !== undefined) return existing;
    const address = this.world.allocate(Math.max(64, text.length + 1), 64);
    for (let index = 0; index < Math.min(text.length, 4096); index++) {
      this.memory.store(address + BigInt(index), 1, known(BigInt(text.charCodeAt(index) & 0xff)));
    }
    this.memory.store(address + BigInt(Math.min(text.length, 4096)), 1, zeroValue);
    this.#strings.set(text, address);
    return address;
  }
}

function recordOf(type: Type): string | undefined {
  return type.kind === "record" ? type.name : undefined;
}

function scaled(value: Value, scale: bigint): Value {
  return computed(value.bits * scale, [value], ([only = 0n]) => only * scale);
}

function isComparison(operator: string): boolean {
  return (
    operator === "<" ||
    operator === ">" ||
    operator === "<=" ||
    operator === ">=" ||
    operator === "==" ||
    operator === "!="
  );
}

/** The usual arithmetic conversions for a comparison. */
function commonScalar(
  left: { width: number; signed: boolean } | undefined,
  right: { width: number; signed: boolean } | undefined,
): Type | undefined {
  if (left === undefined || right === undefined) return undefined;
  const promoted = (side: { width: number; signed: boolean }): { width: number; signed: boolean } =>
    side.width < 32 ? { width: 32, signed: true } : side;
  const a = promoted(left);
  const b = promoted(right);
  const width = Math.max(a.width, b.width);
  const signed = [a, b].every((side) => side.signed || side.width < width);
  return { kind: "integer", bits: width === 64 ? 64 : 32, signed, name: "" };
}

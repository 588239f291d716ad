/**
 * Executes functions of a driver unit, statement by statement, on a world (the machine and the kernel model).
 *
 * Calls into the unit are executed, calls of the kernel's functions go to the model, and a call that neither knows succeeds:
 * it returns 0, or something to point to, and the run says that it supposes so. No code of the user runs in JavaScript.
 */
import type {
  Block,
  CallStatement,
  DriverUnit,
  Expression,
  PathStep,
  Place,
  ProgramFunction,
  Statement,
  Terminator,
  VariableId,
} from "../program/program.ts";
import type { Type } from "../program/types.ts";
import type { FileSpan } from "../text/span.ts";
import { Evaluator, type Frame } from "./evaluator.ts";
import { Steering } from "./steering.ts";
import { computed, convert, known, type Value, zeroValue } from "./value.ts";
import { type KernelCall, type Plan, Stop, type World } from "./world.ts";

/** Statements that one run may execute. */
const statementBudget = 30_000;
const deepestCall = 40;

export interface InterpreterEvents {
  /** A step of the path is about to run. */
  reached(step: PathStep, fn: ProgramFunction): void;
  /** It has run. */
  done(step: PathStep, fn: ProgramFunction): void;
}

export class Interpreter {
  readonly evaluator: Evaluator;
  readonly steering: Steering;
  readonly unit: DriverUnit;
  readonly #world: World;
  readonly #events: InterpreterEvents;
  readonly #plan: Plan;
  #budget = statementBudget;
  #stackTop: bigint;
  readonly #frames: Frame[] = [];

  constructor(unit: DriverUnit, world: World, plan: Plan, events: InterpreterEvents) {
    this.unit = unit;
    this.#world = world;
    this.#events = events;
    this.#plan = plan;
    this.evaluator = new Evaluator(unit, world, plan);
    this.steering = new Steering(unit, plan, this.evaluator.inputs, (sentence) => {
      this.evaluator.assumptions.add(sentence);
    });
    this.#stackTop = world.stack.base + BigInt(world.stack.size);
  }

  get depth(): number {
    return this.#frames.length;
  }

  /** Runs a function as the kernel would call it: its parameters are inputs of their types, named as in the source. */
  enter(fn: ProgramFunction, given: readonly (Value | undefined)[] = []): Value {
    const values = fn.parameters.map((id, index) => {
      const value = given[index];
      if (value !== undefined) return value;
      const variable = fn.variables.find((candidate) => candidate.id === id);
      if (variable === undefined) return zeroValue;
      // A byte that somebody hands over is data: one that can be told from what memory holds anyway reads better in a replay.
      const { type, name } = variable;
      if (type.kind === "integer" && type.bits === 8 && /8|char/.test(type.name)) {
        return this.evaluator.chosen(name, BigInt((type.signed ? 0x41 : 0xb1) + (index % 8)));
      }
      return this.evaluator.inputValue(name, type, false);
    });
    return this.call(fn, values);
  }

  call(fn: ProgramFunction, values: readonly Value[]): Value {
    if (this.#frames.length >= deepestCall) {
      this.evaluator.assumptions.add(`${fn.name}() is not entered again after ${String(deepestCall)} nested calls`);
      return zeroValue;
    }
    const frame = this.#push(fn);
    try {
      for (const [index, id] of fn.parameters.entries()) {
        const variable = this.evaluator.variable(frame, id);
        const address = frame.slots.get(id);
        const value = values[index];
        if (variable === undefined || address === undefined || value === undefined) continue;
        this.evaluator.store({ address, type: decayed(variable.type) }, value, variable.name);
      }
      return this.#run(fn, frame);
    } finally {
      this.#pop(frame);
    }
  }

  /** The call's arguments, evaluated left to right. */
  #arguments(statement: CallStatement, frame: Frame): Value[] {
    return statement.arguments.map((argument) => this.evaluator.evaluate(argument, frame));
  }

  #push(fn: ProgramFunction): Frame {
    const word = this.evaluator.layouts.wordBytes;
    const slots = new Map<VariableId, bigint>();
    let top = this.#stackTop;
    // The return address and the saved frame pointer lie above the locals, as on every machine here.
    top -= BigInt(2 * word);
    for (const variable of fn.variables) {
      if (variable.kind === "static") continue;
      const type = variable.kind === "parameter" ? decayed(variable.type) : variable.type;
      const size = Math.max(1, Math.min(this.evaluator.layouts.sizeOf(type), 4096));
      const alignment = BigInt(size >= word ? word : size >= 4 ? 4 : size >= 2 ? 2 : 1);
      top = ((top - BigInt(size)) / alignment) * alignment;
      slots.set(variable.id, top);
    }
    top = (top / 16n) * 16n;
    if (top < this.#world.stack.base) throw new Stop(`${fn.name}() overflows the kernel's stack`);
    const frame: Frame = { function: fn, slots, base: this.#stackTop, lvalues: new Map() };
    this.#frames.push(frame);
    for (const variable of fn.variables) {
      const address = slots.get(variable.id);
      if (address === undefined) continue;
      const size = Math.max(1, this.evaluator.layouts.sizeOf(variable.type));
      const record = variable.type.kind === "record" ? variable.type.name : undefined;
      const named = variable.kind === "temporary" ? "" : variable.name;
      this.evaluator.space.register(address, size, named, "stack", record);
    }
    this.evaluator.storeBits(
      this.#stackTop - BigInt(word),
      word,
      known(this.evaluator.functionAddress(fn.name, fn.file)),
    );
    this.#stackTop = top;
    return frame;
  }

  #pop(frame: Frame): void {
    this.#frames.pop();
    this.#stackTop = frame.base;
    this.evaluator.space.dropStack(frame.base);
  }

  #run(fn: ProgramFunction, frame: Frame): Value {
    const rounds = new Map<number, Round>();
    let block: Block | undefined = fn.blocks[0];
    while (block !== undefined) {
      for (const statement of block.statements) this.#statement(statement, fn, frame);
      this.#spend();
      const terminator: Terminator = block.terminator;
      this.#world.at(terminator, fn);
      const step = this.#pass(fn, -1, terminator);
      if (terminator.kind === "return") {
        const value = terminator.value === undefined ? zeroValue : this.evaluator.evaluate(terminator.value, frame);
        if (step !== undefined) this.#events.done(step, fn);
        this.#leave(frame);
        return convert(value, fn.result, this.#world.wordBits);
      }
      const next = this.#next(terminator, block.id, fn, frame, rounds);
      if (step !== undefined) this.#events.done(step, fn);
      if (next === undefined) {
        this.steering.backtrack(`${fn.file}:${fn.name} does not return`);
        throw new Stop(`${fn.name}() does not return`);
      }
      block = fn.blocks[next];
    }
    this.#leave(frame);
    return zeroValue;
  }

  /** The epilogue: the return address is read back from the stack. */
  #leave(frame: Frame): void {
    const word = this.evaluator.layouts.wordBytes;
    const address = frame.base - BigInt(word);
    if (this.#world.isShared(address, word)) this.evaluator.loadBits(address, word);
  }

  #spend(): void {
    this.#plan.spent++;
    if (this.#budget-- <= 0) throw new Stop(`the run did not end within ${String(statementBudget)} statements`);
  }

  #pass(fn: ProgramFunction, statement: number, span: FileSpan): PathStep | undefined {
    const step = this.steering.passed(fn, statement, span);
    if (step !== undefined) this.#events.reached(step, fn);
    return step;
  }

  #statement(statement: Statement, fn: ProgramFunction, frame: Frame): void {
    this.#spend();
    this.#world.at(statement, fn);
    const step = this.#pass(fn, statement.id, statement);
    this.#execute(statement, fn, frame);
    if (step !== undefined) this.#events.done(step, fn);
  }

  #execute(statement: Statement, fn: ProgramFunction, frame: Frame): void {
    switch (statement.kind) {
      case "assign": {
        const value = this.evaluator.evaluate(statement.value, frame);
        const root = statement.target.root;
        const macro =
          root.kind === "variable" && statement.target.steps.length === 0 ? frame.lvalues.get(root.id) : undefined;
        const cell = macro ?? this.evaluator.cell(statement.target, frame);
        this.evaluator.store(cell, value, this.#text(statement.target));
        return;
      }
      case "zero": {
        const cell = this.evaluator.cell(statement.target, frame);
        this.evaluator.fillBytes(cell.address, Math.max(1, this.evaluator.layouts.sizeOf(cell.type)), 0, "soft");
        return;
      }
      case "call": {
        this.#callStatement(statement, fn, frame);
        return;
      }
      case "evaluate":
        this.evaluator.evaluate(statement.value, frame);
        return;
      case "declare":
      case "opaque":
        return;
    }
  }

  #callStatement(statement: CallStatement, fn: ProgramFunction, frame: Frame): void {
    const values = this.#arguments(statement, frame);
    const { name, target } = this.#callee(statement, fn, frame);
    const result = this.#invoke(statement, fn, name, target, values);
    if (statement.result === undefined) return;
    this.#noteLvalue(statement.result, name, values, frame);
    // The callee's own statements have run since: what follows belongs to the call again.
    this.#world.at(statement, fn);
    const cell = this.evaluator.cell(statement.result, frame);
    const value = result ?? this.#unknownResult(statement, name, cell.type, fn);
    this.evaluator.store(cell, value, this.#text(statement.result));
  }

  /** `sg_dma_address(sg) = handle;` is a call whose temporary is assigned: the assignment means the field. */
  #noteLvalue(result: Place, name: string, values: readonly Value[], frame: Frame): void {
    if (result.root.kind !== "variable" || result.steps.length > 0) return;
    const cell = this.#world.lvalue(name, values);
    if (cell !== undefined) frame.lvalues.set(result.root.id, cell);
  }

  #invoke(
    statement: CallStatement,
    fn: ProgramFunction,
    name: string,
    target: ProgramFunction | undefined,
    values: readonly Value[],
  ): Value | undefined {
    if (target !== undefined) return this.call(target, values);
    const call: KernelCall = {
      name,
      values,
      statement,
      function: fn,
      text: (index) => {
        const argument = statement.arguments[index];
        return argument === undefined ? "" : this.#text(argument);
      },
      type: (index) => {
        const argument = statement.arguments[index];
        return argument === undefined ? { kind: "unknown" } : this.evaluator.typeOf(argument);
      },
    };
    const result = this.#world.call(call);
    if (result === undefined) this.evaluator.assumptions.add(`${name}() succeeds`);
    return result;
  }

  #callee(
    statement: CallStatement,
    fn: ProgramFunction,
    frame: Frame,
  ): { name: string; target: ProgramFunction | undefined } {
    if (statement.callee.kind === "direct") {
      const name = statement.callee.name;
      return { name, target: this.unit.functionNamed(name, fn.file) };
    }
    const value = this.evaluator.evaluate(statement.callee.target, frame);
    const found = this.evaluator.functionAt(value.bits);
    const target = found === undefined ? undefined : this.unit.functionNamed(found.name, found.file);
    if (target !== undefined) return { name: target.name, target };
    const candidates = this.unit.calleesOf(fn).filter((call) => call.statement === statement);
    const wanted = candidates.find((call) => this.steering.leadsInto(call.target)) ?? candidates[0];
    if (wanted !== undefined) {
      this.evaluator.assumptions.add(`${this.#text(statement.callee.target)} is ${wanted.target.name}()`);
      return { name: wanted.target.name, target: wanted.target };
    }
    return { name: found?.name ?? this.#text(statement.callee.target), target: undefined };
  }

  /** A call that nothing knows succeeds. */
  #unknownResult(statement: CallStatement, name: string, place: Type, fn: ProgramFunction): Value {
    const type = statement.type.kind === "unknown" ? place : statement.type;
    if (type.kind === "void") return zeroValue;
    // Equal calls of a function, as in a loop, are one input: what the kernel answers once it answers again.
    const text = this.#text(statement);
    const shown = text.startsWith(name) && text.length < 60 ? text.replace(/\s+/g, " ") : `${name}()`;
    return this.evaluator.inputValue(`${shown} in ${fn.name}()`, type, false);
  }

  #next(
    terminator: Exclude<Terminator, { kind: "return" }>,
    block: number,
    fn: ProgramFunction,
    frame: Frame,
    rounds: Map<number, Round>,
  ): number | undefined {
    switch (terminator.kind) {
      case "jump":
        return terminator.target;
      case "branch":
        return this.steering.branch(fn, terminator, block, this.#condition(terminator.condition, frame));
      case "switch": {
        const value = this.evaluator.evaluate(terminator.value, frame);
        const cases = terminator.cases.map((item) => {
          const low = this.#caseValue(item.low, frame);
          return { low, high: item.high === undefined ? low : this.#caseValue(item.high, frame), target: item.target };
        });
        return this.steering.choose(fn, terminator, value, cases);
      }
      case "choice":
        return this.steering.arm(fn, terminator);
      case "iterate":
        return this.#iterate(terminator, block, frame, rounds);
      case "unreachable":
        return undefined;
    }
  }

  #condition(condition: Expression, frame: Frame): Value {
    const value = this.evaluator.evaluate(condition, frame);
    return computed(value.bits === 0n ? 0n : 1n, [value], ([bits = 0n]) => (bits === 0n ? 0n : 1n));
  }

  #caseValue(label: Expression, frame: Frame): bigint {
    return this.evaluator.evaluate(label, frame).bits;
  }

  #iterate(
    terminator: Extract<Terminator, { kind: "iterate" }>,
    block: number,
    frame: Frame,
    rounds: Map<number, Round>,
  ): number {
    let round = rounds.get(block);
    if (round === undefined) {
      const values = terminator.arguments.map((argument) =>
        argument.kind === "opaque" || argument.kind === "type" ? zeroValue : this.evaluator.evaluate(argument, frame),
      );
      const known = this.#world.iterate(terminator.macro, values);
      if (known === undefined) this.evaluator.assumptions.add(`${terminator.macro}() goes round once`);
      round = { rows: known, index: 0 };
      rounds.set(block, round);
    }
    const rows = round.rows;
    const row = rows === undefined ? undefined : rows[round.index];
    const isOver = rows === undefined ? round.index >= 1 : row === undefined;
    if (isOver) {
      rounds.delete(block);
      return terminator.exit;
    }
    round.index++;
    for (const [index, place] of terminator.assigns.entries()) {
      const cell = this.evaluator.cell(place, frame);
      const value = row?.[index] ?? this.evaluator.inputValue(this.#text(place), cell.type, false);
      this.evaluator.store(cell, value, this.#text(place));
    }
    return terminator.body;
  }

  #text(span: { readonly file: string; readonly start: number; readonly end: number }): string {
    return this.unit.files.get(span.file)?.text.slice(span.start, Math.min(span.end, span.start + 80)) ?? "";
  }
}

interface Round {
  readonly rows: readonly (readonly Value[])[] | undefined;
  index: number;
}

/** A parameter of array type is a pointer. */
function decayed(type: Type): Type {
  return type.kind === "array" ? { kind: "pointer", target: type.element } : type;
}

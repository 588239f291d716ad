/** Steps of the trace: which source line acts, and one sentence for what happens there. */
import type { MachinePort } from "../machine/action.ts";
import type { DriverUnit, ProgramFunction } from "../program/program.ts";
import { SourceText } from "../text/source.ts";
import type { FileSpan } from "../text/span.ts";
import type { Agent, TraceRange } from "../trace/trace.ts";

export interface SourcePlace {
  readonly span: FileSpan;
  readonly function: ProgramFunction;
}

export class Narrator {
  readonly #port: MachinePort;
  readonly #unit: DriverUnit;
  readonly #texts = new Map<string, SourceText>();
  #place: SourcePlace | undefined;
  #told: FileSpan | undefined;

  constructor(port: MachinePort, unit: DriverUnit) {
    this.#port = port;
    this.#unit = unit;
  }

  get place(): SourcePlace | undefined {
    return this.#place;
  }

  /** The statement that the CPU is at. It becomes a step when something is told of it. */
  at(span: FileSpan, fn: ProgramFunction): void {
    if (this.#place?.span === span) return;
    this.#place = { span, function: fn };
    this.#told = undefined;
  }

  /** A step of the driver at its present statement, once for each time that it runs, until `again`. */
  driver(sentence: string, again = false): void {
    const place = this.#place;
    if (place === undefined) {
      this.act("cpu", sentence);
      return;
    }
    if (this.#told === place.span && !again) return;
    this.#told = place.span;
    const source = this.range(place.span);
    this.#port.beginStep({
      agent: "cpu",
      sentence,
      function: place.function.name,
      code: this.code(place.span),
      ...(source === undefined ? {} : { source }),
    });
  }

  /** A step of an agent that no line of the file stands for. */
  act(agent: Agent, sentence: string): void {
    this.#told = undefined;
    this.#port.beginStep({ agent, sentence });
  }

  /** The statement's text on one line, cut at 160 characters. */
  code(span: FileSpan): string {
    const text = this.#unit.files.get(span.file)?.text.slice(span.start, span.end) ?? "";
    const flat = text.replace(/\s+/g, " ").trim();
    return flat.length > 160 ? `${flat.slice(0, 157)}...` : flat;
  }

  range(span: FileSpan): TraceRange | undefined {
    let text = this.#texts.get(span.file);
    if (text === undefined) {
      const file = this.#unit.files.get(span.file);
      if (file === undefined) return undefined;
      text = new SourceText(span.file, file.text);
      this.#texts.set(span.file, text);
    }
    const start = text.positionAt(span.start);
    const end = text.positionAt(span.end);
    return { file: span.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
  }
}

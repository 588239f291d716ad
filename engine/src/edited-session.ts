/** A session that is being edited: its files keep their places, and its facts what an edit did not touch. */
import { createFacts } from "./analysis/unit-facts.ts";
import type { Facts } from "./analysis/facts.ts";
import type { AnalysisOptions, Finding, UnitReport } from "./api.ts";
import { apiFunction } from "./kernel/catalogue.ts";
import { namesOfDma } from "./kernel/dma-names.ts";
import { isBlankInItem, itemStarts, knownMap, knownValue, recorded } from "./program/index.ts";
import type { CSource, UnitBuilder } from "./program/index.ts";
import type { Gap } from "./program/program.ts";
import { runRules } from "./rules/run.ts";
import { rules } from "./rules/registry.ts";
import type { RuleFinding } from "./rules/rule.ts";
import type { TranslationUnit } from "./syntax/c/ast.ts";
import { parseC } from "./syntax/c/parse.ts";
import { StableText } from "./text/stable-text.ts";
import type { FileSpan } from "./text/span.ts";

export interface AnalysisReport extends UnitReport {
  /** Gaps for the rules that failed. */
  readonly failures: readonly Gap[];
}

/** So many characters of old texts are kept: about a hundred edits of the largest files. */
const mostKept = 32_000_000;

/**
 * The C files of a unit from the first edit on. What it tells is the same as that of a fresh unit of the same texts; after an edit
 * within a function only what that changes is made anew.
 */
export class EditedUnit {
  readonly #builder: UnitBuilder;
  readonly #texts = new Map<string, StableText>();
  #analysis: Analysis | undefined;
  /** Characters of texts that edits left behind. */
  #kept = 0;

  /** Goes on with the builder's files; from now on nobody else may change them. */
  constructor(builder: UnitBuilder) {
    this.#builder = builder;
  }

  /** Replaces the text of a C file; its syntax is that of a text with the same tokens in other places. */
  setC(name: string, real: string): TranslationUnit {
    const old = this.#texts.get(name);
    const source = this.#builder.syntaxOf(name);
    const isKept =
      old !== undefined && source !== undefined && this.#analysis !== undefined && this.#edit(name, old, source, real);
    if (!isKept) {
      this.#analysis = undefined;
      this.#kept = 0;
      this.#layOut(name, real);
    }
    return this.#builder.syntaxOf(name)?.syntax ?? parseC(real);
  }

  /** Lays these files out for edits, if they are not or if much is kept of old texts. Whether there is something to analyse anew. */
  expect(names: readonly string[]): boolean {
    const isReady = this.#analysis !== undefined && this.#kept < mostKept / 3;
    if (isReady && names.every((name) => this.#texts.has(name))) return false;
    const reals = new Map([...this.#texts].map(([name, { real }]) => [name, real]));
    for (const name of names) {
      const text = this.#builder.syntaxOf(name)?.text;
      if (text !== undefined && !reals.has(name)) reals.set(name, text);
    }
    this.#analysis = undefined;
    this.#kept = 0;
    for (const [name, real] of reals) this.#layOut(name, real);
    return true;
  }

  #layOut(name: string, real: string): void {
    const laidOut = StableText.of(real, itemStarts(parseC(real)));
    this.#texts.set(name, laidOut);
    this.#builder.setC({ name, text: laidOut.text, syntax: parseC(laidOut.text) });
  }

  /** The same files with every text as the editor has it: what is told of them needs no translation. */
  withRealTexts(): UnitBuilder {
    const builder = this.#builder.copy();
    for (const [name, { real }] of this.#texts) builder.setC({ name, text: real, syntax: parseC(real) });
    return builder;
  }

  /** A file came, went, or is none of C's: what is known is not kept over that. */
  forget(name: string): void {
    this.#texts.delete(name);
    this.#analysis = undefined;
  }

  analyse(options: AnalysisOptions): AnalysisReport {
    return recorded(() => {
      this.#analysis ??= new Analysis(this.#builder);
      const { findings, gaps, failures, functions } = this.#analysis.run(options);
      return {
        findings: findings.map((finding) => this.#real(finding)),
        gaps: gaps.map((gap) => this.#span(gap)),
        failures,
        functions,
      };
    });
  }

  #edit(name: string, old: StableText, source: CSource, real: string): boolean {
    const edited = old.edited(real);
    if (edited === undefined) return false;
    // What is made of a body keeps the text alive that the body was cut out of: now and then all is made of one text again.
    this.#kept += edited.text.text.length;
    if (this.#kept > mostKept) return false;
    if (recorded(() => this.#builder.edit(name, edited.text.text, edited.change))) {
      this.#texts.set(name, edited.text);
      return true;
    }
    // White space and comments within a declaration: the old text stands for the new one.
    const { start, end, newEnd } = edited.change;
    const inserted = edited.text.text.slice(start, newEnd);
    const reread = isBlankInItem(source, { start, end, inserted }) ? old.reread(real) : undefined;
    if (reread === undefined) return false;
    this.#texts.set(name, reread);
    return true;
  }

  #span<T extends FileSpan>(span: T): T {
    const text = this.#texts.get(span.file);
    return text === undefined ? span : { ...span, start: text.toReal(span.start), end: text.toReal(span.end) };
  }

  #real(finding: Finding): Finding {
    return {
      ...this.#span(finding),
      ...(finding.functionSpan && { functionSpan: this.#span(finding.functionSpan) }),
      path: finding.path.map((step) => this.#span(step)),
      fixes: finding.fixes.map((fix) => ({ ...fix, edits: fix.edits.map((edit) => this.#span(edit)) })),
    };
  }
}

/** The facts of a unit that is edited in place, and what the rules found. */
class Analysis {
  readonly #facts: Facts;
  readonly #found = knownMap<string, readonly RuleFinding[]>();
  readonly #gaps: () => readonly Gap[];
  readonly #functions: () => number;

  constructor(builder: UnitBuilder) {
    const unit = builder.build();
    this.#facts = createFacts(unit, { lookup: apiFunction });
    this.#gaps = knownValue(() => unit.gapsAround(namesOfDma));
    this.#functions = knownValue(() => unit.functions.length);
  }

  run(options: AnalysisOptions): AnalysisReport {
    const report = runRules(this.#facts, rules, options, (rule) => {
      let found = this.#found.get(rule.meta.id);
      if (found === undefined) {
        found = [...rule.check(this.#facts)];
        this.#found.set(rule.meta.id, found);
      }
      return found;
    });
    return {
      findings: report.findings,
      gaps: this.#gaps(),
      failures: report.gaps,
      functions: this.#functions(),
    };
  }
}

/**
 * Annotated drivers: a fixture says below each line what must be found there, and the comparison is strict both ways.
 *
 * ```c
 * 	return remap_pfn_range(vma, vma->vm_start, pfn, size, vma->vm_page_prot);
 * 	//     ^^^^^^^^^^^^^^^ dma/mmap-cached-pgprot error: remap_pfn_range() maps buf->cpu cacheable.   [fix noncached, helper]
 * 	//                    related @-9: buf->cpu allocated here.
 * 	// ok dma/mmap-cached-pgprot     a near miss that must stay silent
 * ```
 *
 * Carets stand below the code that is underlined; a tab counts as one column. Where the code begins left of the first place
 * that a caret could have, the carets follow the slashes directly and the slashes count (`//^^^`).
 * `related` lines name the steps of the path before the finding itself, in order, by their line relative to the finding's
 * (or `file:line` in another file); a finding without any `related` line leaves its path unchecked.
 */
import type { Finding } from "../api.ts";
import { SourceText } from "../text/source.ts";

export interface Expectation {
  /** The line of code, from 1; columns from 1, the end not included. */
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly fixes: readonly string[];
  readonly related: readonly { readonly at: string; readonly text: string }[];
}

export interface Annotations {
  readonly expectations: readonly Expectation[];
  /** Lines that say `ok RULE`. */
  readonly silences: readonly { readonly line: number; readonly rule: string }[];
  /** Annotations that could not be read: a fixture with one fails. */
  readonly faults: readonly string[];
}

const caretLine = /^(\s*)(\/\/|\/\*)(\s*)(\^+)\s+(.*?)\s*(?:\*\/)?$/;
const headline = /^(\S+\/\S+) (error|warning|hint): (.*?)(?:\s+\[fix ([^\]]+)\])?$/;
const relatedLine = /^\s*\/\/\s*related (@-?\d+|\S+:\d+): (.*?)\s*$/;
const okMark = /\/\/\s*ok (\S+\/\S+)/;

/** Reads the annotations of a fixture. */
export function annotationsOf(text: string): Annotations {
  const expectations: (Expectation & { related: { at: string; text: string }[] })[] = [];
  const silences: { line: number; rule: string }[] = [];
  const faults: string[] = [];
  let code = 0;
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    const number = index + 1;
    const ok = okMark.exec(line)?.[1];
    const carets = caretLine.exec(line);
    const related = relatedLine.exec(line);
    if (carets) {
      const [, indent = "", slashes = "", gap = "", marks = "", rest = ""] = carets;
      const said = headline.exec(rest);
      if (!said) return void faults.push(`line ${number}: carets without "rule severity: message"`);
      const [, rule = "", severity = "", message = "", fixes = ""] = said;
      const from = gap === "" ? indent.length : indent.length + slashes.length + gap.length;
      const end = indent.length + slashes.length + gap.length + marks.length;
      expectations.push({
        line: code,
        column: from + 1,
        endColumn: end + 1,
        rule,
        severity,
        message,
        fixes: fixes === "" ? [] : fixes.split(/\s*,\s*/),
        related: [],
      });
    } else if (related) {
      const [, at = "", said = ""] = related;
      const owner = expectations.at(-1);
      if (owner) owner.related.push({ at, text: said.replace(/\.$/, "") });
      else faults.push(`line ${number}: "related" without a finding above it`);
    } else {
      if (/^\s*\/\/\s*\^/.test(line)) faults.push(`line ${number}: carets without a message`);
      if (ok !== undefined) silences.push({ line: /^\s*\/\/\s*ok /.test(line) ? code : number, rule: ok });
      if (!/^\s*\/\/\s*ok /.test(line)) code = number;
    }
  });
  return { expectations, silences, faults };
}

/** The fixture without its annotation lines: what a fixed file is compared with. */
export function withoutAnnotations(text: string): string {
  return text
    .split(/(?<=\n)/)
    .filter((line) => {
      const bare = line.replace(/[\r\n]+$/, "");
      return !caretLine.test(bare) && !relatedLine.test(bare) && !/^\s*\/\/\s*ok \S+\/\S+/.test(bare);
    })
    .map((line) => line.replace(/[ \t]*\/\/ ok \S+\/\S+.*(?=[\r\n]*$)/, ""))
    .join("");
}

/**
 * What differs between a fixture's annotations and the findings in it: empty when they agree.
 * `texts` holds the text of every file of the unit, for paths that lead elsewhere.
 */
export function disagreements(
  name: string,
  texts: ReadonlyMap<string, string>,
  findings: readonly Finding[],
): readonly string[] {
  const text = texts.get(name) ?? "";
  const { expectations, silences, faults } = annotationsOf(text);
  const problems = [...faults];
  const sources = new Map([...texts].map(([file, content]) => [file, new SourceText(file, content)]));
  const open = new Set(findings);
  for (const wanted of expectations) {
    const match = [...open].find((finding) => headOf(sources, name, finding) === wantedHead(wanted));
    if (!match) {
      problems.push(`not found: ${wantedHead(wanted)}`);
      continue;
    }
    open.delete(match);
    if (wanted.related.length === 0) continue;
    const steps = match.path.slice(0, -1).map((step) => {
      const line = sources.get(step.file)?.positionAt(step.start).line ?? 0;
      return `${step.file === name ? `@${line - wanted.line}` : `${step.file}:${line}`}: ${step.note}`;
    });
    const related = wanted.related.map((one) => `${one.at}: ${one.text}`);
    if (steps.join("\n") !== related.join("\n"))
      problems.push(`line ${wanted.line}: the path is\n  ${steps.join("\n  ")}\nand not\n  ${related.join("\n  ")}`);
  }
  for (const finding of open) problems.push(`not annotated: ${headOf(sources, name, finding)}`);
  for (const silent of silences) {
    const loud = findings.some(
      (one) =>
        one.rule === silent.rule && one.file === name && sources.get(name)?.positionAt(one.start).line === silent.line,
    );
    if (loud) problems.push(`line ${silent.line}: ${silent.rule} is not silent`);
  }
  return problems;
}

function wantedHead(one: Expectation): string {
  return head(one.line, one.column, one.endColumn, one.rule, one.severity, one.message, one.fixes);
}

function headOf(sources: ReadonlyMap<string, SourceText>, name: string, finding: Finding): string {
  const source = sources.get(finding.file);
  const start = source?.positionAt(finding.start) ?? { line: 0, column: 0 };
  const end = source?.positionAt(finding.end) ?? { line: 0, column: 0 };
  const endColumn = end.line === start.line ? end.column : (source?.lineText(start.line).length ?? 0) + 1;
  const fixes = finding.fixes.map((fix) => fix.id);
  const shown = head(start.line, start.column, endColumn, finding.rule, finding.severity, finding.message, fixes);
  return finding.file === name ? shown : `${finding.file}: ${shown}`;
}

function head(
  line: number,
  column: number,
  endColumn: number,
  rule: string,
  severity: string,
  message: string,
  fixes: readonly string[],
): string {
  const tail = fixes.length > 0 ? `   [fix ${fixes.join(", ")}]` : "";
  return `${line}:${column}-${endColumn} ${rule} ${severity}: ${message}${tail}`;
}

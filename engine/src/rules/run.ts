/** Runs rules over the facts of a driver unit: options, order, duplicates, fingerprints, and rules that fail. */
import type { Facts } from "../analysis/facts.ts";
import type { AnalysisOptions, Finding, Fix } from "../api.ts";
import type { DriverUnit, Gap, PathStep } from "../program/program.ts";
import { applyEdits, type TextEdit } from "../text/edit.ts";
import { fingerprint } from "./fingerprint.ts";
import type { Rule, RuleFinding, RuleMeta, Severity } from "./rule.ts";

export interface RunReport {
  /** By file, place and rule; each once. */
  readonly findings: readonly Finding[];
  /** One for each rule that failed: its findings up to then are kept, and the loss is counted. */
  readonly gaps: readonly Gap[];
}

/**
 * Runs the rules that the options ask for. Never throws.
 * `check` runs one rule, or knows what it found before. Fingerprints do not depend on `only` or on which other rules run.
 */
export function runRules(
  facts: Facts,
  rules: readonly Rule[],
  options: AnalysisOptions = {},
  check: (rule: Rule) => Iterable<RuleFinding> = (rule) => rule.check(facts),
): RunReport {
  const found: Found[] = [];
  const gaps: Gap[] = [];
  for (const rule of selectRules(rules, options)) {
    const own: Found[] = [];
    try {
      for (const finding of check(rule)) own.push({ meta: rule.meta, finding });
    } catch (failure) {
      gaps.push(gapOf(facts.unit, rule.meta, failure));
    }
    found.push(...own);
  }
  const kept = withoutSubsumed(found.sort(byPlace));
  const ordinals = new Map<string, number>();
  const findings: Finding[] = [];
  for (const one of kept) {
    const key = JSON.stringify([one.meta.id, one.finding.function, one.finding.subjects]);
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    if (options.only && !options.only.has(one.finding.file)) continue;
    findings.push(reported(facts.unit, one, ordinal, options));
  }
  return { findings, gaps };
}

/** The rules that the options ask for, in the registry's order. */
export function selectRules(rules: readonly Rule[], options: AnalysisOptions = {}): readonly Rule[] {
  const asked = options.rules && new Set(options.rules);
  return rules.filter(({ meta }) => {
    if (options.severities?.[meta.id] === "off") return false;
    if (asked) return asked.has(meta.id);
    return meta.stage === "stable" || options.preview === true;
  });
}

interface Found {
  readonly meta: RuleMeta;
  readonly finding: RuleFinding;
}

function byPlace(a: Found, b: Found): number {
  return (
    compare(a.finding.file, b.finding.file) ||
    a.finding.start - b.finding.start ||
    a.finding.end - b.finding.end ||
    compare(a.meta.id, b.meta.id) ||
    weight[severityOf(a)] - weight[severityOf(b)] ||
    a.finding.path.length - b.finding.path.length ||
    compare(a.finding.message, b.finding.message) ||
    comparePaths(a.finding.path, b.finding.path)
  );
}

/** Where the paths first part, by place: offsets as numbers, so that what stands above them in the file changes nothing. */
function comparePaths(a: readonly PathStep[], b: readonly PathStep[]): number {
  for (const [i, one] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    const order =
      compare(one.file, other.file) ||
      one.start - other.start ||
      one.end - other.end ||
      compare(one.role, other.role) ||
      compare(one.note, other.note);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const weight: Readonly<Record<Severity, number>> = { error: 0, warning: 1, hint: 2 };

function severityOf(one: Found): Severity {
  return one.finding.severity ?? one.meta.severity;
}

/** Code-unit order: locale rules would differ from host to host. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Of the findings on one subject at one statement each rule keeps its first, and a rule that says it better silences the rule
 * that it subsumes. The input is sorted, so the outcome does not depend on the order in which rules found things.
 */
function withoutSubsumed(found: readonly Found[]): readonly Found[] {
  const groups = new Map<string, Found[]>();
  for (const one of found) {
    const key = subjectKey(one.finding);
    const group = groups.get(key);
    if (!group) groups.set(key, [one]);
    else if (!group.some((other) => other.meta.id === one.meta.id)) group.push(one);
  }
  const kept = new Set<Found>();
  for (const group of groups.values()) {
    const silenced = new Set(group.flatMap((one) => one.meta.subsumes ?? []));
    for (const one of group) if (!silenced.has(one.meta.id)) kept.add(one);
  }
  return found.filter((one) => kept.has(one));
}

function subjectKey(finding: RuleFinding): string {
  const sink = finding.path.at(-1);
  const place = sink && sink.statement >= 0 ? [sink.function, sink.statement] : [finding.start, finding.end];
  return JSON.stringify([finding.file, ...place, finding.subjects]);
}

function reported(unit: DriverUnit, one: Found, ordinal: number, options: AnalysisOptions): Finding {
  const { meta, finding } = one;
  const asked = options.severities?.[meta.id];
  const owner = unit.functionNamed(finding.function, finding.file);
  return {
    rule: meta.id,
    severity: asked !== undefined && asked !== "off" ? asked : severityOf(one),
    stage: meta.stage,
    file: finding.file,
    start: finding.start,
    end: finding.end,
    function: finding.function,
    ...(owner ? { functionSpan: owner.nameSpan } : {}),
    message: finding.message,
    path: finding.path.map(plainStep),
    fixes: finding.fixes.flatMap((fix): Fix[] => {
      const declared = meta.fixes.find((known) => known.id === fix.id);
      if (!declared || !applies(unit, fix.edits)) return [];
      return [{ id: fix.id, title: fix.title ?? declared.title, safety: declared.safety, edits: fix.edits }];
    }),
    fingerprint: fingerprint(meta.id, finding.function, finding.subjects, ordinal),
    provable: meta.proof !== undefined && finding.path.length > 0,
  };
}

/** The step without what an analysis may have left on it (a place is a span, and more). */
function plainStep({ file, start, end, function: owner, statement, role, note }: PathStep): PathStep {
  return { file, start, end, function: owner, statement, role, note };
}

/** Whether the edits leave every file whole; a fix never corrupts a file. */
function applies(unit: DriverUnit, edits: readonly TextEdit[]): boolean {
  return [...new Set(edits.map((edit) => edit.file))].every((name) => {
    const file = unit.files.get(name);
    const own = edits.filter((edit) => edit.file === name);
    return file !== undefined && applyEdits(file.text, own) !== undefined;
  });
}

function gapOf(unit: DriverUnit, meta: RuleMeta, failure: unknown): Gap {
  const [file = ""] = unit.files.keys();
  const why = failure instanceof Error ? failure.message : String(failure);
  return { file, start: 0, end: 0, reason: `rule ${meta.id} failed here: ${why}` };
}

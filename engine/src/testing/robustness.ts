/** What must hold for the analysis of any text whatsoever, be it no C at all. Used by the test and by test/corpus/rules-fuzz.ts. */
import type { UnitReport } from "../api.ts";
import { createSession } from "../session.ts";
import { parseC } from "../syntax/c/parse.ts";
import { applyEdits } from "../text/edit.ts";

export interface Robustness {
  readonly report: UnitReport;
  /** What does not hold, each in a sentence; a throw is one. */
  readonly problems: readonly string[];
}

const nothing: UnitReport = { findings: [], gaps: [], functions: 0 };

/** Analyses a text as a unit of its own with all rules, and looks at what comes out. */
export function robustnessOf(name: string, text: string): Robustness {
  const problems: string[] = [];
  try {
    const session = createSession();
    session.setFile(name, text);
    const report = session.analyse({ preview: true });
    session.summaries();
    const isOutside = (one: { readonly file: string; readonly start: number; readonly end: number }): boolean =>
      one.file !== name || !(one.start >= 0 && one.start <= one.end && one.end <= text.length);
    for (const gap of report.gaps) {
      if (/^rule \S+ failed here/.test(gap.reason)) problems.push(gap.reason);
      else if (isOutside(gap)) problems.push(`a gap lies outside the text: ${gap.reason}`);
    }
    const told = new Set(report.gaps.map(({ reason, start, end }) => `${reason}:${start}:${end}`));
    const { gaps } = parseC(text);
    for (const { reason, start, end } of gaps)
      if (!told.has(`${reason}:${start}:${end}`)) problems.push(`a gap is not told: ${reason}`);
    for (const finding of report.findings) {
      if ([finding, ...finding.path].some(isOutside)) problems.push(`${finding.rule} points outside the text`);
      for (const fix of finding.fixes) {
        const mended = fix.edits.some(isOutside) ? undefined : applyEdits(text, fix.edits);
        if (fix.edits.length === 0 || mended === undefined)
          problems.push(`${finding.rule} offers a fix that cannot be applied: ${fix.id}`);
        else if (parseC(mended).gaps.length > gaps.length)
          problems.push(`${finding.rule} offers a fix that makes code nobody can read: ${fix.id}`);
      }
    }
    return { report, problems };
  } catch (failure) {
    const what = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
    return { report: nothing, problems: [...problems, `threw: ${what}`] };
  }
}

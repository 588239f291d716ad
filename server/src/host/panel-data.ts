/** What the replay panel is shown of a finding: plain data with lines and columns, for the editor's panel and for a page of its own. */
import type { PanelFinding, PanelPlatform, PanelToggle } from "../../../client/shared/protocol.ts";
import type { CallToggle, FileSpan, Finding, PlatformInfo, ProofResult, SourceText } from "./engine.ts";

/** The unit that a finding was made in. */
export interface TextsOfUnit {
  /** The text of a file as the session has it. */
  textOf(name: string): SourceText | undefined;
}

export function toPanelFinding(unit: TextsOfUnit, finding: Finding): PanelFinding {
  const { rule, severity, message } = finding;
  return {
    rule,
    severity,
    message,
    function: finding.function,
    range: panelRange(unit, finding),
    path: finding.path.map((step) => ({ range: panelRange(unit, step), note: step.note })),
    fixes: finding.fixes.map(({ id, title, safety }) => ({ id, title, safety })),
  };
}

export function toPanelToggle(unit: TextsOfUnit, toggle: CallToggle): PanelToggle {
  const { id, kind, where, what, code } = toggle;
  const place = where === undefined ? {} : { where };
  return { id, kind, ...place, what, code, range: panelRange(unit, toggle), function: toggle.function };
}

/** `proof` is the platform's, where it is known already. */
export function toPanelPlatform(platform: PlatformInfo, proof: ProofResult | undefined): PanelPlatform {
  const { id, title, tier, coherent, summary } = platform;
  const known = proof === undefined ? {} : { verdict: proof.verdict, sentence: proof.sentence };
  return { id, title, tier, coherent, summary, ...known };
}

/** Of a file that is not in the unit any more: its first character. */
function panelRange(unit: TextsOfUnit, { file, start, end }: FileSpan): PanelFinding["range"] {
  const text = unit.textOf(file);
  const from = text?.positionAt(start) ?? { line: 1, column: 1 };
  const to = text?.positionAt(end) ?? from;
  return { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

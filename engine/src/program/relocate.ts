/**
 * Finds a path again after the text was edited: the fixed driver is executed along the path of the finding that it mends.
 */
import type { TextEdit } from "../text/edit.ts";
import type { Span } from "../text/span.ts";
import type { DriverUnit, PathStep, ProgramFunction, Statement } from "./program.ts";

/**
 * The same path in `unit`, which is the program of the edited text. A step whose statement was replaced stands at what
 * replaced it; a step whose statement is gone is left out, except that the last step (the sink) then stands at the return
 * of its function. Returns undefined when the sink's function is gone.
 */
export function relocatePath(
  path: readonly PathStep[],
  edits: readonly TextEdit[],
  unit: DriverUnit,
): readonly PathStep[] | undefined {
  const moved: PathStep[] = [];
  for (const [index, step] of path.entries()) {
    const owner = unit.functionNamed(step.function, step.file);
    const isSink = index === path.length - 1;
    if (owner === undefined) {
      if (isSink) return undefined;
      continue;
    }
    const span = moveSpan(
      step,
      edits.filter((edit) => edit.file === step.file),
    );
    const statement = step.statement < 0 ? undefined : statementAt(owner, span);
    if (statement) moved.push({ ...step, start: statement.start, end: statement.end, statement: statement.id });
    else if (isSink || step.statement < 0) moved.push({ ...step, ...span, statement: -1 });
  }
  return moved;
}

/** Where a span of the old text lies in the new one. A span that touches a replacement takes in all of the new text. */
export function moveSpan(span: Span, edits: readonly TextEdit[]): Span {
  let startShift = 0;
  let endShift = 0;
  let { start, end } = span;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const growth = edit.newText.length - (edit.end - edit.start);
    if (edit.end <= span.start && !(edit.start === edit.end && edit.start === span.start && span.start === span.end)) {
      startShift += growth;
      endShift += growth;
    } else if (edit.start < span.end) {
      start = Math.min(start, edit.start);
      end = Math.max(end, edit.end);
      endShift += growth;
    }
  }
  return { start: start + startShift, end: end + endShift };
}

/**
 * The statement that lies best at the span: one with just that extent, else the call that overlaps it most, else any
 * statement that does.
 */
function statementAt(owner: ProgramFunction, span: Span): Statement | undefined {
  let best: Statement | undefined;
  let bestScore = 0;
  for (const block of owner.blocks) {
    for (const statement of block.statements) {
      const overlap = Math.min(statement.end, span.end) - Math.max(statement.start, span.start);
      if (overlap <= 0) continue;
      const exact = statement.start === span.start && statement.end === span.end;
      // Nested calls overlap as well: the one that covers most of the span, and little beside it, is meant.
      const extra = statement.end - statement.start - overlap;
      const score = (exact ? 1e9 : 0) + (statement.kind === "call" ? 1e6 : 0) + overlap - extra / 1000;
      if (best === undefined || score > bestScore) {
        best = statement;
        bestScore = score;
      }
    }
  }
  return best;
}

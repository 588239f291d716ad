/**
 * Fixes of dma/cpu-access-while-mapped: all accesses of a finding move above the map where they mean the same there, or are
 * bracketed by sync calls. A fix that would leave one of them behind is not offered.
 */
import type { Facts } from "../../analysis/facts.ts";
import { ownershipOf } from "../../analysis/ownership/ownership.ts";
import { hasPureName } from "../../analysis/ownership/ownership-results.ts";
import { peel } from "../../analysis/values/local-evaluation.ts";
import { type Environment, type OwnershipValues, textOfValue } from "../../analysis/ownership/ownership-values.ts";
import type { AccessViolation } from "../../analysis/ownership/ownership-violations.ts";
import { indentationAt, lineStart, startWithComment } from "../../analysis/fixes/source-edits.ts";
import type { Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { isTemporary } from "../../program/visit.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { RuleFix } from "../rule.ts";

export function fixesOf(facts: Facts, violation: AccessViolation): readonly RuleFix[] {
  const { mapping, accesses } = violation;
  const { owner, call, made } = mapping;
  const text = facts.unit.files.get(owner.file)?.text;
  if (text === undefined || call !== made.call || owner.language !== "c") return [];
  const statements = [...new Set(accesses.map(({ access }) => access.statement))].map((id) =>
    facts.statementOf(owner, id),
  );
  const lines = statements.map((statement) => statement && wholeLines(text, owner, statement));
  const whole = withComments(
    text,
    lines.filter((line) => line !== undefined),
  );
  const map = wholeLines(text, owner, call);
  if (whole.length !== lines.length || whole.length === 0) return [];
  const values = ownershipOf(facts).valuesOf(owner);
  const moves = map && violation.kind === "store" && whole.every((line) => line.indentation === map.indentation);
  const fixes: RuleFix[] = [];
  if (moves && statements.every((one) => one !== undefined && meansTheSameAbove(values, owner, one, call))) {
    // A comment above the map speaks of the map.
    const above = startWithComment(text, map.start, map.indentation);
    const inserted = whole.map((line) => text.slice(line.start, line.end)).join("");
    fixes.push({
      id: "move-before-map",
      edits: [{ file: owner.file, start: above, end: above, newText: inserted }, ...removals(text, owner.file, whole)],
    });
  }
  const bracket = bracketed(text, values, violation, whole);
  return bracket ? [...fixes, bracket] : fixes;
}

interface Lines {
  readonly start: number;
  readonly end: number;
  readonly indentation: string;
}

/** The lines of a statement that shares them with nothing else and is not the body of an `if` without braces. */
function wholeLines(text: string, owner: ProgramFunction, statement: Statement): Lines | undefined {
  const result = statement.kind === "call" ? (targetOf(owner, statement) ?? statement) : statement;
  const from = Math.min(statement.start, result.start);
  const start = lineStart(text, from);
  const indentation = indentationAt(text, from);
  const rest = /^[ \t]*;[^\n;]*\n/.exec(text.slice(Math.max(statement.end, result.end)));
  if (!rest || start + indentation.length !== from || !/^[ \t]*;[ \t]*(\/\/.*|\/\*.*\*\/[ \t]*)?\r?\n$/.test(rest[0]))
    return undefined;
  const above = text.slice(0, start).trimEnd();
  const line = above.slice(above.lastIndexOf("\n") + 1);
  if (!/[;{}]$|\*\/$|^\s*\/\/|[;{}]\s*\/\/.*$/.test(line)) return undefined;
  return { start, end: Math.max(statement.end, result.end) + rest[0].length, indentation };
}

/**
 * The lines with the comment above each that speaks of nothing else: what follows is an empty line, a comment, the end of the block,
 * or one of the lines too.
 */
function withComments(text: string, lines: readonly Lines[]): readonly Lines[] {
  const result: Lines[] = [];
  let isClosed = false;
  for (const line of [...lines].reverse()) {
    const next = result[0];
    // Below a comment that was taken along a new thought begins.
    if (next?.start !== line.end) isClosed = /^[ \t]*(\r?\n|\}|\/\*|\/\/|$)/.test(text.slice(line.end));
    else if (/^[ \t]*\/[*/]/.test(text.slice(next.start))) isClosed = true;
    result.unshift(isClosed ? { ...line, start: startWithComment(text, line.start, line.indentation) } : line);
  }
  return result;
}

/** Takes the lines out; of the empty lines above and below a run of them one goes too. */
function removals(text: string, file: string, lines: readonly Lines[]): readonly TextEdit[] {
  return lines.map((line, index) => {
    const first = lines.findLastIndex((one, at) => at <= index && lines[at - 1]?.end !== one.start);
    const isLast = lines[index + 1]?.start !== line.end;
    const emptyAbove = /\n[ \t]*\r?\n$/.test(text.slice(0, lines[first]?.start ?? line.start));
    const emptyBelow = isLast && emptyAbove ? /^[ \t]*\r?\n/.exec(text.slice(line.end)) : null;
    return { file, start: line.start, end: line.end + (emptyBelow?.[0].length ?? 0), newText: "" };
  });
}

/** The place that a call's result is written to in the source: its own, or that of the assignment of its temporary. */
function targetOf(owner: ProgramFunction, call: Statement & { readonly kind: "call" }): Place | Statement | undefined {
  const { result } = call;
  if (result?.root.kind !== "variable" || !isTemporary(owner, result)) return result;
  const { id } = result.root;
  for (const block of owner.blocks)
    for (const one of block.statements)
      if (one.kind === "assign" && one.start <= call.start && one.end >= call.end && readsVariable(one.value, id))
        return one;
  return undefined;
}

function readsVariable(expression: Expression, id: number): boolean {
  const one = peel(expression);
  return one.kind === "read" && one.place.root.kind === "variable" && one.place.root.id === id;
}

/** Whether everything that a statement reads is the same before the map, so that it may stand there. */
function meansTheSameAbove(
  values: OwnershipValues,
  owner: ProgramFunction,
  statement: Statement,
  map: Statement,
): boolean {
  const above = values.before(map);
  const here = values.before(statement);
  const same = (expression: Expression): boolean => isSame(values, owner, above, here, expression);
  const sameTarget = (place: Place): boolean =>
    textOfValue(values.locate(above, place)) === textOfValue(values.locate(here, place));
  if (statement.kind === "assign") return sameTarget(statement.target) && same(statement.value);
  if (statement.kind !== "call" || !statement.arguments.every(same)) return false;
  const pure = statement.callee.kind === "direct" && hasPureName(statement.callee.name);
  return statement.result === undefined || (pure && sameTarget(statement.result));
}

function isSame(
  values: OwnershipValues,
  owner: ProgramFunction,
  above: Environment,
  here: Environment,
  expression: Expression,
): boolean {
  const again = (one: Expression): boolean => isSame(values, owner, above, here, one);
  switch (expression.kind) {
    case "read": {
      const { root } = expression.place;
      if (root.kind === "variable" && owner.variables[root.id]?.kind === "temporary") {
        const maker = owner.blocks
          .flatMap((block) => block.statements)
          .find((one) => one.kind === "call" && one.result?.root.kind === "variable" && one.result.root.id === root.id);
        if (maker?.kind !== "call" || maker.callee.kind !== "direct" || !hasPureName(maker.callee.name)) return false;
        return maker.arguments.every(again);
      }
      return textOfValue(values.evaluate(above, expression)) === textOfValue(values.evaluate(here, expression));
    }
    case "address":
      return textOfValue(values.evaluate(above, expression)) === textOfValue(values.evaluate(here, expression));
    case "unary":
    case "cast":
      return again(expression.operand);
    case "binary":
      return again(expression.left) && again(expression.right);
    case "opaque":
      return false;
    default:
      return true;
  }
}

/** sync_for_cpu above the first access and sync_for_device below the last, where the handle still has its name. */
function bracketed(
  text: string,
  values: OwnershipValues,
  { mapping, accesses }: AccessViolation,
  lines: readonly Lines[],
): RuleFix | undefined {
  const { owner, made, track } = mapping;
  const [first] = lines;
  const last = lines.at(-1);
  const [access] = accesses;
  if (!first || !last || accesses.some((one) => one.block !== access.block) || !made.api.name.startsWith("dma_map_"))
    return undefined;
  const statement = owner.blocks[access.block]?.statements.find((one) => one.id === access.access.statement);
  if (!statement) return undefined;
  const here = values.before(statement);
  const above = values.before(made.call);
  const handle = track.stores
    .map(({ place }) => place)
    .find(
      (place) =>
        !isTemporary(owner, place) &&
        textOfValue(values.read(here, values.locate(here, place))).includes(`<R${made.call.id}>`),
    );
  const [device] = made.call.arguments;
  const direction = made.api.parameters.findIndex((one) => one.role === "direction");
  const others = [device, mapping.size, made.call.arguments[direction]];
  const known = others.filter((one) => one !== undefined && isSame(values, owner, above, here, one));
  if (!handle || known.length !== 3) return undefined;
  const [dev = "", size = "", way = ""] = known.map(
    (one) => one && text.slice(one.start, one.end).replace(/\s+/g, " "),
  );
  const sync = (name: string): string =>
    `${first.indentation}dma_sync_single_for_${name}(${dev}, ${text.slice(handle.start, handle.end)}, ${size}, ${way});\n`;
  return {
    id: "bracket",
    edits: [
      { file: owner.file, start: first.start, end: first.start, newText: sync("cpu") },
      { file: owner.file, start: last.end, end: last.end, newText: sync("device") },
    ],
  };
}

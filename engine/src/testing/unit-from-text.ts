/** Units and paths for tests: C text in, a path by texts that statements contain. */
import { buildCUnit } from "../program/index.ts";
import type { DriverUnit, PathRole, PathStep, ProgramFunction, Statement } from "../program/program.ts";
import { parseC } from "../syntax/c/parse.ts";

export function unitOf(files: Readonly<Record<string, string>>): DriverUnit {
  return buildCUnit(Object.entries(files).map(([name, text]) => ({ name, text, syntax: parseC(text) })));
}

/** The narrowest statement of the function whose text contains `text`; of equals a call, then the first. */
export function statementIn(unit: DriverUnit, fn: ProgramFunction, text: string): Statement {
  const source = unit.files.get(fn.file)?.text ?? "";
  const found = fn.blocks
    .flatMap((block) => block.statements)
    .filter((statement) => source.slice(statement.start, statement.end).includes(text))
    .sort(
      (a, b) =>
        a.end - a.start - (b.end - b.start) || Number(b.kind === "call") - Number(a.kind === "call") || a.id - b.id,
    );
  const first = found[0];
  if (first === undefined) throw new Error(`${fn.name}() has no statement with "${text}"`);
  return first;
}

export function pathOf(unit: DriverUnit, steps: readonly (readonly [fn: string, text: string])[]): PathStep[] {
  return steps.map(([name, text], index) => {
    const fn = unit.functions.find((candidate) => candidate.name === name);
    if (fn === undefined) throw new Error(`there is no ${name}()`);
    const statement = statementIn(unit, fn, text);
    const role: PathRole = index === steps.length - 1 ? "sink" : "pass";
    return {
      file: fn.file,
      start: statement.start,
      end: statement.end,
      function: name,
      statement: statement.id,
      role,
      note: text,
    };
  });
}

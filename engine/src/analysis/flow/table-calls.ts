/**
 * Which functions a call through an ops table may enter, seen from the conditions around it: `if (ops->write_elp) ... else
 * ops->write()` does not enter the `write` of a table that has a `write_elp`.
 */
import type { DriverUnit, OpsTable, ProgramFunction } from "../../program/program.ts";
import type { Guard } from "../facts.ts";
import type { Site } from "../values/unit-index.ts";
import { peel } from "../values/local-evaluation.ts";

/**
 * Whether the conditions that hold at a call leave a table through which it enters the target. Only members of the table that
 * is called through are looked at, and only tables that are initialised as a whole: what code fills in may be filled in later.
 */
export function mayEnter(unit: DriverUnit, site: Site, guards: readonly Guard[], target: ProgramFunction): boolean {
  const { callee } = site.statement;
  if (callee.kind !== "indirect") return true;
  const called = peel(callee.target);
  const member = called.kind === "read" ? called.place.steps.at(-1) : undefined;
  if (member?.kind !== "field" || member.record === undefined) return true;
  const prefix = `field:${member.record}.`;
  const tested = guards.filter((one) => one.key.startsWith(prefix) && /^(true|false)$/.test(one.outcome));
  if (tested.length === 0) return true;
  const tables = unit.opsTables.filter(
    (table) =>
      table.record === member.record &&
      table.entries.some(({ field, value }) => field === member.name && value === target.name),
  );
  return tables.length === 0 || tables.some((table) => isFilledLater(unit, table) || fits(table, prefix, tested));
}

function isFilledLater(unit: DriverUnit, { name, file }: OpsTable): boolean {
  return unit.globalNamed(name, file) === undefined;
}

function fits({ entries }: OpsTable, prefix: string, tested: readonly Guard[]): boolean {
  return tested.every(({ key, outcome }) => {
    const name = key.slice(prefix.length);
    return entries.some(({ field }) => field === name) === (outcome === "true");
  });
}

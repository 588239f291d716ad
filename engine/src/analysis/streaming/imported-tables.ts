/**
 * Scatter-gather tables of imported dma-bufs, and who takes their pages. An exporter may have no pages behind the addresses, and
 * with CONFIG_DMABUF_DEBUG the page links are mangled (drivers/dma-buf/dma-buf.c:776-812, linux 6.12.117).
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { BlockId, Expression, ProgramFunction } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import { newQuery } from "../flow/calling-contexts.ts";
import type { Facts, Origin } from "../facts.ts";
import { recordAt } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { entryLoopOver } from "./scatter-lists.ts";
import { type Location, type LocationStep, makeLocation, single } from "../values/symbols.ts";
import { filesHolding } from "../values/record-presence.ts";
import { workingsOf } from "../unit-facts.ts";

export interface TouchedTable {
  readonly function: ProgramFunction;
  /** -1 for a loop's terminator. */
  readonly statement: number;
  readonly span: FileSpan;
  /** "sg_virt()", or the loop's macro. */
  readonly name: string;
  /** The table or the entry, as the call names it. */
  readonly subject: Expression;
  /** The map of the attachment; undefined where the DRM core made it for .gem_prime_import_sg_table. */
  readonly origin: Origin | undefined;
}

/** Calls that take the pages of an entry, by the place of their argument. */
const entryCalls = [
  "sg_page",
  "sg_virt",
  "sg_phys",
  "sg_copy_to_buffer",
  "sg_copy_from_buffer",
  "sg_pcopy_to_buffer",
  "sg_pcopy_from_buffer",
  "sg_zero_buffer",
];
/** Calls that take the pages of a table (drivers/gpu/drm/drm_prime.c:1012-1037, 6.12.117: deprecated for that reason). */
const tableCalls = ["drm_prime_sg_to_page_array"];
const pageLoops = new Map([
  ["for_each_sg_page", false],
  ["for_each_sgtable_page", true],
]);
const tableLoops = new Set(["for_each_sgtable_sg", "for_each_sgtable_dma_sg"]);

const mappers = ["dma_buf_map_attachment", "dma_buf_map_attachment_unlocked"];

/** Takers of pages of tables that are imported for certain, by call and place. */
export function touchedTables(facts: Facts): readonly TouchedTable[] {
  if (!mappers.some((name) => facts.callsTo(name).length > 0) && importOps(facts).size === 0) return [];
  const found: TouchedTable[] = [];
  for (const [names, isTable] of [
    [entryCalls, false],
    [tableCalls, true],
  ] as const)
    for (const name of names)
      for (const { function: owner, statement } of facts.callsTo(name)) {
        const subject = statement.arguments[0];
        if (!subject || facts.unit.functionNamed(name, owner.file)) continue;
        const one = imported(facts, owner, statement.id, subject, isTable);
        const span = statement.calleeSpan;
        if (one) found.push({ function: owner, statement: statement.id, span, name: `${name}()`, subject, ...one });
      }
  for (const macro of pageLoops.keys()) found.push(...loopsOf(facts, macro));
  return found;
}

function loopsOf(facts: Facts, macro: string): readonly TouchedTable[] {
  const found: TouchedTable[] = [];
  for (const owner of facts.unit.functionsMentioning(macro))
    for (const id of flowOf(owner).order) {
      const terminator = owner.blocks[id]?.terminator;
      if (terminator?.kind !== "iterate" || terminator.macro !== macro) continue;
      const subject = terminator.arguments[0];
      const one = subject && imported(facts, owner, -1, subject, pageLoops.get(macro) === true, id);
      if (!one) continue;
      const { file, start } = terminator;
      const span = { file, start, end: start + macro.length };
      found.push({ function: owner, statement: -1, span, name: `${macro}()`, subject, ...one });
    }
  return found;
}

type Imported = Pick<TouchedTable, "origin"> | undefined;

/** Whether the table, or the one whose entry this is, is an imported buffer's for certain. */
function imported(
  facts: Facts,
  owner: ProgramFunction,
  statement: number,
  pointer: Expression,
  isTable: boolean,
  block?: BlockId,
): Imported {
  const loop = isTable || statement < 0 ? undefined : entryLoopOver(owner, statement, peel(pointer));
  const list = loop?.terminator.arguments[0];
  if (loop && list) return imported(facts, owner, -1, list, tableLoops.has(loop.terminator.macro), loop.block);
  if (isTable) {
    const value = facts.valueOf({ function: owner, statement, ...(block === undefined ? {} : { block }) }, pointer);
    const [verdict] = forbiddenOrigins(value, isMappedAttachment);
    if (verdict) return { origin: verdict.origin };
    return isHandedIn(facts, owner, statement, pointer, block, 0) ? { origin: undefined } : undefined;
  }
  const values = workingsOf(facts).provenance.localValues(owner);
  const alternatives = values.valueAt(statement, pointer, block);
  for (const { symbol } of alternatives) {
    const table = symbol.kind === "entry" ? tableOf(symbol.location) : undefined;
    if (table) return tableAt(facts, owner, statement, table, block);
  }
  return undefined;
}

/** The pointer to the table where the location is the table's list: `table` of `table->sgl`. */
function tableOf({ root, steps }: Location): Location | undefined {
  const last = steps.at(-1);
  if (last?.kind !== "field" || last.name !== "sgl" || recordAt(steps, steps.length - 1) !== "sg_table")
    return undefined;
  // A table that lies in the driver's own struct is the driver's.
  if (steps.at(-2)?.kind !== "deref") return undefined;
  const rest: readonly LocationStep[] = steps.slice(0, -2);
  return makeLocation(root, rest, { kind: "unknown" });
}

function tableAt(facts: Facts, owner: ProgramFunction, statement: number, table: Location, block?: BlockId): Imported {
  const { root, steps } = table;
  if (root.kind === "symbol" && steps.length === 0) {
    const { symbol } = root;
    if (symbol.kind !== "birth" && symbol.kind !== "result") return undefined;
    const { callee } = symbol.call;
    if (callee.kind !== "direct" || !mappers.includes(callee.name) || !facts.apiOf(owner, symbol.call))
      return undefined;
    const { provenance } = workingsOf(facts);
    const [origin] = provenance.resolve(owner, single(symbol), [], 0, newQuery());
    return { origin };
  }
  if (root.kind === "variable" && steps.length === 0)
    return isImportedParameter(facts, owner, owner.parameters.indexOf(root.id), 0) ? { origin: undefined } : undefined;
  const at = statement >= 0 ? statement : (owner.blocks[block ?? 0]?.statements.at(-1)?.id ?? -1);
  if (at < 0) return undefined;
  const [verdict] = forbiddenOrigins(workingsOf(facts).provenance.heldBy(owner, at, table), isMappedAttachment);
  return verdict ? { origin: verdict.origin } : undefined;
}

function isMappedAttachment(origin: Origin): boolean {
  return origin.api !== undefined && mappers.includes(origin.api.name) && origin.conversions.length === 0;
}

// ---------------------------------------------------------------- tables that the DRM core hands in

const known = new KnownOf<Facts, ReadonlySet<string>>();

/** Functions of `.gem_prime_import_sg_table`, as "file:name": their third parameter is the mapped attachment's table. */
function importOps(facts: Facts): ReadonlySet<string> {
  let names = known.get(facts);
  if (!names) {
    const isThere = filesHolding(facts.unit, "drm_driver")?.size !== 0;
    const tables = isThere ? facts.unit.opsTables.filter((table) => table.record === "drm_driver") : [];
    names = new Set(
      tables.flatMap((table) =>
        table.entries
          .filter((entry) => entry.field === "gem_prime_import_sg_table")
          .flatMap((entry) => {
            const target = facts.unit.functionNamed(entry.value, table.file);
            return target ? [`${target.file}:${target.name}`] : [];
          }),
      ),
    );
    known.set(facts, names);
  }
  return names;
}

function isHandedIn(
  facts: Facts,
  owner: ProgramFunction,
  statement: number,
  pointer: Expression,
  block: BlockId | undefined,
  depth: number,
): boolean {
  const values = workingsOf(facts).provenance.localValues(owner).valueAt(statement, pointer, block);
  return (
    values.length > 0 &&
    values.every(({ symbol, conversions }) => {
      if (symbol.kind !== "entry" || conversions.length > 0) return false;
      const { root, steps } = symbol.location;
      if (root.kind !== "variable" || steps.length > 0) return false;
      return isImportedParameter(facts, owner, owner.parameters.indexOf(root.id), depth);
    })
  );
}

/** Whether everybody hands in an imported table: the DRM core, or callers that got it from there. */
function isImportedParameter(facts: Facts, owner: ProgramFunction, parameter: number, depth: number): boolean {
  if (parameter < 0 || depth > 3) return false;
  const op = importOps(facts).has(`${owner.file}:${owner.name}`);
  if (op && parameter !== 2) return false;
  const callers = facts.unit.callersOf(owner);
  if (!op && callers.length === 0) return false;
  return callers.every(({ caller, statement }) => {
    const argument = statement.arguments[parameter];
    return argument !== undefined && isHandedIn(facts, caller, statement.id, argument, undefined, depth + 1);
  });
}

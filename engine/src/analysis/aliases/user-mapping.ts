/**
 * Where a driver maps kernel memory into user space by hand, and with which protection.
 * `.mmap` and `.fault` of one driver are read together: the protection may be set in the one and the page inserted in the other,
 * or the subsystem's core may have set it before.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { Expression, ProgramFunction, Statement, StatementId } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Facts, Origin, Value } from "../facts.ts";
import { peel } from "../values/local-evaluation.ts";
import { makeLocation } from "../values/symbols.ts";
import { workingsOf } from "../unit-facts.ts";
import { exportedAddresses, stored } from "./exported-addresses.ts";

export interface UserMapping {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  /** What a finding underlines: the callee's name, or the place that is assigned. */
  readonly span: FileSpan;
  /** "remap_pfn_range()", or "vmf->page". */
  readonly name: string;
  /** The argument that says what is mapped: a frame number, a page, or an address. */
  readonly subject: Expression;
  readonly unit: "pfn" | "page" | "address";
  readonly value: Value;
  /** The expression of the VMA, where the call has one. */
  readonly vma: Expression | undefined;
  readonly protection: Protection;
  /** Who maps the address later, where the driver only hands it over. */
  readonly exporter: "framebuffer" | "UIO" | undefined;
}

/** `cached` is the default that nobody changed; `unknown` where it is set out of sight. */
export type Protection = {
  readonly kind: "cached" | "uncached" | "right" | "unknown";
  readonly origins: readonly Origin[];
};

interface Shape {
  readonly subject: number;
  readonly unit: UserMapping["unit"];
  readonly vma: number;
  readonly prot?: number;
}
/** Arguments by place (include/linux/mm.h, linux 6.12.117). */
const calls: Readonly<Record<string, Shape>> = {
  remap_pfn_range: { vma: 0, subject: 2, unit: "pfn", prot: 4 },
  io_remap_pfn_range: { vma: 0, subject: 2, unit: "pfn", prot: 4 },
  vm_iomap_memory: { vma: 0, subject: 1, unit: "address" },
  vm_insert_page: { vma: 0, subject: 2, unit: "page" },
  vm_insert_pfn: { vma: 0, subject: 2, unit: "pfn" },
  vmf_insert_pfn: { vma: 0, subject: 2, unit: "pfn" },
  vmf_insert_pfn_prot: { vma: 0, subject: 2, unit: "pfn", prot: 3 },
  vmf_insert_mixed: { vma: 0, subject: 2, unit: "pfn" },
};

const known = new KnownOf<Facts, readonly UserMapping[]>();

/** All user mappings of the unit, by file and place. */
export function userMappings(facts: Facts): readonly UserMapping[] {
  let found = known.get(facts);
  if (!found) {
    found = findMappings(facts);
    known.set(facts, found);
  }
  return found;
}

function findMappings(facts: Facts): readonly UserMapping[] {
  const { index } = workingsOf(facts);
  const mappings: UserMapping[] = [];
  for (const [name, shape] of Object.entries(calls))
    for (const { function: owner, statement } of index.callsTo(name)) {
      const subject = statement.arguments[shape.subject];
      if (!subject || !index.api(owner, statement)) continue;
      const vma = statement.arguments[shape.vma];
      mappings.push({
        function: owner,
        statement,
        span: statement.calleeSpan,
        name: `${name}()`,
        subject,
        unit: shape.unit,
        value: facts.valueOf({ function: owner, statement: statement.id }, subject),
        vma,
        protection: protectionOf(
          facts,
          owner,
          statement.id,
          shape.prot === undefined ? undefined : statement.arguments[shape.prot],
          vma,
        ),
        exporter: undefined,
      });
    }
  for (const { function: owner, statement } of index.storesTo("vm_fault.page")) {
    const put = stored(facts, owner, statement, "vm_fault.page");
    if (!put) continue;
    mappings.push({
      ...put,
      unit: "page",
      protection: protectionOf(facts, owner, statement.id, undefined, undefined),
      exporter: undefined,
    });
  }
  mappings.push(...exportedAddresses(facts));
  return mappings.sort((a, b) =>
    a.span.file === b.span.file ? a.span.start - b.span.start : a.span.file < b.span.file ? -1 : 1,
  );
}

function protectionOf(
  facts: Facts,
  owner: ProgramFunction,
  statement: StatementId,
  argument: Expression | undefined,
  vma: Expression | undefined,
): Protection {
  const value = argument
    ? facts.valueOf({ function: owner, statement }, argument)
    : protectionOfVma(facts, owner, statement, vma);
  const origins = value.contexts.flatMap((context) => context.origins);
  const of = (kind: Protection["kind"]): Protection => ({ kind, origins });
  if (origins.some((origin) => origin.kind === "pgprot-right")) return of("right");
  if (origins.some((origin) => /^pgprot-(uncached|wc|device)$/.test(origin.kind))) return of("uncached");
  if (origins.length === 0 || origins.some((origin) => origin.kind !== "pgprot-cached")) return of("unknown");
  return of(setElsewhere(facts, owner) ? "unknown" : "cached");
}

/** What vma->vm_page_prot holds just before a statement. */
export function protectionOfVma(
  facts: Facts,
  owner: ProgramFunction,
  statement: StatementId,
  vma: Expression | undefined,
): Value {
  const { provenance } = workingsOf(facts);
  const target = vma && provenance.localValues(owner).pointeeAt(statement, vma);
  if (!target)
    return {
      contexts: [{ origins: provenance.originsOfField("vm_area_struct.vm_page_prot", "", owner.file), guards: [] }],
    };
  const field = { kind: "field" as const, record: "vm_area_struct", name: "vm_page_prot" };
  return provenance.heldBy(owner, statement, makeLocation(target.root, [...target.steps, field], { kind: "unknown" }));
}

/** Whether another function of the driver, or the subsystem's core, sets the protection of the VMAs that this one fills. */
function setElsewhere(facts: Facts, owner: ProgramFunction): boolean {
  const { index } = workingsOf(facts);
  const setters = index.storesTo("vm_area_struct.vm_page_prot").map((store) => store.function);
  const family = callersAbove(facts, owner);
  const faults = facts.unit.opsTables.filter(
    (table) =>
      table.record === "vm_operations_struct" &&
      table.entries.some((entry) => family.some((one) => one.name === entry.value && one.file === table.file)),
  );
  if (faults.length === 0) return family.some((one) => one !== owner && setters.includes(one));
  // A fault handler: the .mmap that installs its table decides, and where none is in sight the core does.
  const installers = index
    .storesTo("vm_area_struct.vm_ops")
    .filter((store) => store.statement.kind === "assign" && faults.some((table) => names(store.statement, table.name)))
    .map((store) => store.function);
  if (installers.length === 0) return true;
  const reach = installers.flatMap((one) => [
    one,
    ...callersAbove(facts, one),
    ...facts.unit.calleesOf(one).map((site) => site.target),
  ]);
  return reach.some((one) => setters.includes(one));
}

export function names(statement: Statement, table: string): boolean {
  if (statement.kind !== "assign") return false;
  const value = peel(statement.value);
  return value.kind === "address" && value.place.root.kind === "global" && value.place.root.name === table;
}

/** The function and everybody in the unit that calls it, a few levels up. */
function callersAbove(facts: Facts, owner: ProgramFunction): readonly ProgramFunction[] {
  const seen: ProgramFunction[] = [owner];
  for (let at = 0; at < seen.length && seen.length < 40; at++) {
    const one = seen[at];
    if (!one) break;
    for (const site of facts.unit.callersOf(one)) if (!seen.includes(site.caller)) seen.push(site.caller);
  }
  return seen;
}

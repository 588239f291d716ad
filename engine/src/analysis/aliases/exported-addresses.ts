/**
 * Addresses that a driver leaves in a field and that another part of the kernel maps into user space later: the framebuffer's
 * smem_start, and the regions of a UIO device.
 */
import type { Expression, GlobalVariable, Place, ProgramFunction, Statement } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";
import { names, type UserMapping } from "./user-mapping.ts";

/** All of them in the unit, by kind. */
export function exportedAddresses(facts: Facts): readonly UserMapping[] {
  return [...framebufferExports(facts), ...uioExports(facts)];
}

/** A statement that puts an address or a page into a field which somebody else maps. */
export function stored(
  facts: Facts,
  owner: ProgramFunction,
  statement: Statement,
  key: string,
): Omit<UserMapping, "unit" | "protection" | "exporter"> | undefined {
  const target =
    statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
  const passed = target && fieldKey(target.steps) === key ? undefined : filledArgument(statement, key);
  const filled = passed?.place ?? target;
  const subject =
    passed?.argument ??
    (statement.kind === "assign" ? statement.value : statement.kind === "call" ? statement.arguments[0] : undefined);
  if (!filled || !subject || fieldKey(filled.steps) !== key) return undefined;
  return {
    function: owner,
    statement,
    span: { file: filled.file, start: filled.start, end: filled.end },
    name: facts.textOfPlace(owner, filled),
    subject,
    value: workingsOf(facts).provenance.putInto(owner, statement, key),
    vma: undefined,
  };
}

/** The argument `&mem->addr` of a call that fills the field. */
function filledArgument(
  statement: Statement,
  key: string,
): { readonly argument: Expression; readonly place: Place } | undefined {
  for (const argument of statement.kind === "call" ? statement.arguments : []) {
    const one = peel(argument);
    if (one.kind === "address" && fieldKey(one.place.steps) === key) return { argument, place: one.place };
  }
  return undefined;
}

/**
 * `fix.smem_start` is mapped by the framebuffer core where the driver's fb_ops leave .fb_mmap to it: fb_io_mmap() passes it to
 * vm_iomap_memory() as a physical address (drivers/video/fbdev/core/fb_io_fops.c, fb_chrdev.c:318; before 6.7 fbmem.c).
 */
function framebufferExports(facts: Facts): readonly UserMapping[] {
  const { index } = workingsOf(facts);
  const mappings: UserMapping[] = [];
  for (const { function: owner, statement } of index.storesTo("fb_fix_screeninfo.smem_start")) {
    const put = stored(facts, owner, statement, "fb_fix_screeninfo.smem_start");
    if (!put || !coreMapsFramebuffer(facts, owner.file, statement)) continue;
    mappings.push({
      ...put,
      unit: "address",
      // fb_io_mmap sets write-combining itself: only the address is in question.
      protection: { kind: "right", origins: [] },
      exporter: "framebuffer",
    });
  }
  return mappings;
}

function coreMapsFramebuffer(facts: Facts, file: string, statement: Statement): boolean {
  const globals = [...facts.unit.files.values()].flatMap((one) =>
    one.globals.filter((global) => global.type.kind === "record" && global.type.name === "fb_ops"),
  );
  const own = globals.filter((one) => one.file === file);
  const named = tablesOfScreen(facts, own, statement);
  const relevant = named.length > 0 ? named : own.length > 0 ? own : globals;
  return relevant.length > 0 && relevant.every((global) => leavesMappingToCore(facts, global));
}

/** The tables that the driver gives to the fb_info whose smem_start is stored, where both are told by a member of the driver's struct. */
function tablesOfScreen(
  facts: Facts,
  tables: readonly GlobalVariable[],
  statement: Statement,
): readonly GlobalVariable[] {
  const screen = tables.length > 1 ? screenMember(statement, "fix") : undefined;
  if (screen === undefined) return [];
  const stores = workingsOf(facts).index.storesTo("fb_info.fbops");
  const same = stores.filter((store) => screenMember(store.statement, "fbops") === screen);
  return tables.filter((table) => same.some((store) => names(store.statement, table.name)));
}

/** "foo_dev.screen" of `foo->screen.fix.smem_start = ...`. */
function screenMember(statement: Statement, member: string): string | undefined {
  if (statement.kind !== "assign") return undefined;
  const { steps } = statement.target;
  const at = steps.findIndex((step) => step.kind === "field" && step.record === "fb_info" && step.name === member);
  return at > 0 ? fieldKey(steps.slice(0, at)) : undefined;
}

function leavesMappingToCore(facts: Facts, global: GlobalVariable): boolean {
  const table = facts.unit.opsTables.find((one) => one.file === global.file && one.name === global.name);
  const source = facts.unit.files.get(global.file)?.text ?? "";
  // The object's span is its name; the initialiser goes on to the closing brace.
  const text = source.slice(global.start, source.indexOf("};", global.start));
  if (table?.entries.some((entry) => entry.field === "fb_mmap") || /\.fb_mmap\s*=/.test(text))
    return /\.fb_mmap\s*=\s*fb_io_mmap\b/.test(text);
  // Since 6.7 a table without .fb_mmap is not mapped at all; such tables are made of the core's macros.
  const macros = text.match(/\b_*FB_(GEN_)?DEFAULT\w*/g) ?? [];
  if (macros.length > 0) return macros.some((name) => /^_*FB_DEFAULT_IOMEM_OPS(_MMAP)?$/.test(name));
  return /\bcfb_\w+/.test(text);
}

/**
 * How the UIO core reads uio_mem.addr, by memtype (drivers/uio/uio.c:711-716, 756-775, 817-827, linux 6.12.117): as a physical
 * address, as a pointer for virt_to_page(), as one for vmalloc_to_page(). UIO_MEM_DMA_COHERENT is mapped by dma_mmap_coherent().
 */
const regionKinds = new Set(["UIO_MEM_PHYS", "UIO_MEM_LOGICAL", "UIO_MEM_VIRTUAL"]);

function uioExports(facts: Facts): readonly UserMapping[] {
  const { index } = workingsOf(facts);
  const mappings: UserMapping[] = [];
  for (const { function: owner, statement } of index.storesTo("uio_mem.addr")) {
    const put = stored(facts, owner, statement, "uio_mem.addr");
    const kind = put && regionKind(facts, owner, put.name);
    if (!put || kind === undefined || !regionKinds.has(kind)) continue;
    // uio_mmap_physical() sets the protection; uio_vma_fault() hands out pages with that of the VMA.
    const protection = kind === "UIO_MEM_PHYS" ? ("right" as const) : ("cached" as const);
    mappings.push({ ...put, unit: "address", protection: { kind: protection, origins: [] }, exporter: "UIO" });
  }
  return mappings;
}

/** The memtype of the region whose address is stored; else the one that all regions of the file have. */
function regionKind(facts: Facts, owner: ProgramFunction, address: string): string | undefined {
  const base = address.replace(/(->|\.)addr$/, "");
  const all = workingsOf(facts)
    .index.storesTo("uio_mem.memtype")
    .filter((store) => store.function.file === owner.file)
    .flatMap(({ function: other, statement }) =>
      statement.kind === "assign"
        ? [{ other, name: facts.textOfPlace(other, statement.target), value: statement.value }]
        : [],
    );
  const same = all.filter(({ other, name }) => other === owner && name.replace(/(->|\.)memtype$/, "") === base);
  const kinds = new Set((same.length > 0 ? same : all).map(({ other, value }) => facts.textOf(other, value)));
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

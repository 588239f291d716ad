/**
 * Members that a device writes and that share a cache line with members that the CPU writes: what one of them stores is lost when
 * the line is written back or invalidated for the other (Documentation/core-api/dma-api.rst:287-298, 6.12.117).
 */
import { knownMap, type KnownMap } from "../../program/dependencies.ts";
import type { PathStep, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { type DmaMember, dmaMembers } from "./dma-members.ts";
import type { Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { type LaidMember, lineBytes, surroundings } from "./struct-layout.ts";
import { workingsOf } from "../unit-facts.ts";

export interface SharedLine {
  readonly member: DmaMember;
  readonly buffer: LaidMember;
  readonly neighbour: Neighbour;
  /** Whether an annotation aligns the buffer, or a buffer before it. */
  readonly aligned: boolean;
  /** Whether the offsets are known, so that the line is one for certain. */
  readonly exact: boolean;
}

export interface Neighbour {
  readonly member: LaidMember;
  readonly side: "before" | "behind";
  /** Bytes between the two, at least; 0 for the next one. */
  readonly distance: number;
  /** Who writes it: other code at any time, the driver while it works, or the driver when it sets the struct up. */
  readonly written: "any time" | "at work" | "set up";
  /** A statement of the driver that writes it. */
  readonly writer: PathStep | undefined;
}

/**
 * Kernel types that are written by whoever waits, queues, counts or completes, also while a transfer is under way; the transfers'
 * own descriptors are written by their core meanwhile.
 */
const restless = new Set([
  ...["mutex", "spinlock_t", "raw_spinlock_t", "rwlock_t", "rw_semaphore", "semaphore", "completion", "seqlock_t"],
  ...["work_struct", "delayed_work", "timer_list", "hrtimer", "tasklet_struct", "wait_queue_head_t", "wait_queue_head"],
  ...["atomic_t", "atomic64_t", "atomic_long_t", "refcount_t", "kref", "list_head", "sk_buff_head", "usb_anchor"],
  ...[
    "spi_message",
    "spi_transfer",
    "urb",
    "device",
    "kobject",
    "i2c_adapter",
    "video_device",
    "vb2_queue",
    "v4l2_device",
  ],
  ...["v4l2_ctrl_handler", "napi_struct", "led_classdev", "cdev", "miscdevice", "kfifo"],
]);

/** One for each device-written member and function that hands it over. */
export function sharedLines(facts: Facts): readonly SharedLine[] {
  const members = dmaMembers(facts);
  const inward = members.filter((one) => one.direction === "in" || one.direction === "both");
  if (inward.length === 0) return [];
  const buffers = new Set(members.flatMap((one) => keysOf(one)));
  const seen = new Set<string>();
  const found: SharedLine[] = [];
  for (const member of inward) {
    const name = `${member.function.file}|${member.function.name}|${keysOf(member).join()}`;
    if (seen.has(name)) continue;
    seen.add(name);
    // While nothing but the probe runs, one after the other is all that there is.
    if (endsHere(facts, member) && onlyRunsIn(facts, member.function, probing, 0)) continue;
    const shared = sharedLine(facts, member, buffers);
    if (shared) found.push(shared);
  }
  return found;
}

/** Whether the transfer is over when the function returns: the call waits for it, or the function unmaps the buffer. */
function endsHere(facts: Facts, { function: owner, statement }: DmaMember): boolean {
  const api = facts.apiOf(owner, statement);
  // A URB that is filled now is submitted later.
  if (api?.effect === "does-dma") return !api.name.startsWith("usb_fill_");
  if (api?.effect !== "map-streaming") return false;
  return facts.callsWith("unmap-streaming").some((unmap) => unmap.function === owner);
}

function keysOf(member: DmaMember): readonly string[] {
  const last = member.path.at(-1);
  return last ? [`${last.record}.${last.name}`] : [];
}

function sharedLine(facts: Facts, member: DmaMember, buffers: ReadonlySet<string>): SharedLine | undefined {
  // A union's members are one buffer.
  const records = facts.unit.records;
  const union = member.path.findIndex((step) => records.get(step.record)?.tag === "union");
  const path = union > 0 ? member.path.slice(0, union) : member.path;
  const around = surroundings(records, path);
  const buffer = around?.members[around.at];
  if (!around || !buffer) return undefined;
  // `&cmd->header` may stand for the whole of the object: then what follows is part of the buffer.
  const overlaid = buffer.field.overlay !== undefined;
  const open = overlaid || (buffer.field.type.kind !== "array" && !member.bounded);
  if (open && around.at === 0) return undefined;
  // Somewhere in a long buffer, or behind the table at the end of the struct: the neighbours are out of reach.
  if (member.part && (buffer.size === undefined || buffer.size > lineBytes)) return undefined;
  const candidates: Neighbour[] = [];
  let aligned = buffer.ownLine;
  let distance = 0;
  for (let i = around.at - 1; i >= 0 && !aligned; i--) {
    const one = around.members[i];
    if (!one) break;
    if (overlaid && one.field.overlay === buffer.field.overlay && one.record === buffer.record) {
      aligned = one.ownLine;
      continue;
    }
    if (sharesFirstLine(buffer, one, distance)) add(one, "before", distance);
    distance += one.size ?? 1;
    if (one.ownLine && buffers.has(`${one.record}.${one.field.name}`)) aligned = true;
    else if (one.ownLine || distance >= lineBytes) break;
  }
  // An aligned member further in front may cover a group of buffers that is longer than a line.
  for (let i = around.at - 1; i >= 0 && !aligned; i--) {
    const one = around.members[i];
    if (!one || !buffers.has(`${one.record}.${one.field.name}`)) break;
    aligned = one.ownLine;
  }
  if (aligned) candidates.length = 0;
  // What is not transferred of the buffer's end lies between.
  const used = buffer.size === undefined ? undefined : Math.min(buffer.size, member.length ?? buffer.size);
  distance = buffer.size === undefined || used === undefined || member.part ? 0 : buffer.size - used;
  const transferred = member.part ? buffer : { ...buffer, size: used };
  for (let i = around.at + 1; i < around.members.length && !open; i++) {
    const one = around.members[i];
    if (!one || one.ownLine || distance >= lineBytes) break;
    if (sharesLastLine(transferred, one, distance)) add(one, "behind", distance);
    distance += one.size ?? 1;
  }
  // Behind an alignment the author knew the subject: only what is written while nobody looks is held against it.
  const harmful = candidates.filter((one) => !aligned || one.written === "any time");
  const neighbour = harmful.sort((a, b) => rank[a.written] - rank[b.written] || a.distance - b.distance)[0];
  const exact = buffer.offset !== undefined && buffer.size !== undefined;
  return neighbour && { member, buffer, neighbour, aligned, exact };

  function add(one: LaidMember, side: Neighbour["side"], between: number): void {
    // What else the device is given is written before its own transfer.
    if (buffers.has(`${one.record}.${one.field.name}`)) return;
    const writing = writingOf(facts, one);
    if (writing) candidates.push({ member: one, side, distance: between, ...writing });
  }
}

const rank = { "any time": 0, "at work": 1, "set up": 2 } as const;

/** Exact where both offsets are known; else as near as that a line can hardly lie between them. */
function sharesFirstLine(buffer: LaidMember, one: LaidMember, distance: number): boolean {
  if (buffer.offset === undefined) return distance < lineBytes / 2;
  const gap = one.offset === undefined || one.size === undefined ? distance : buffer.offset - one.offset - one.size;
  return gap < buffer.offset % lineBytes;
}
function sharesLastLine(buffer: LaidMember, one: LaidMember, distance: number): boolean {
  if (buffer.offset === undefined || buffer.size === undefined) return distance < lineBytes / 2;
  const end = buffer.offset + buffer.size;
  const line = Math.ceil(end / lineBytes) * lineBytes;
  return one.offset === undefined ? end + distance < line : one.offset < line;
}

function writingOf(facts: Facts, one: LaidMember): Pick<Neighbour, "written" | "writer"> | undefined {
  const { type } = one.field;
  const element = type.kind === "array" ? type.element : type;
  if ((element.kind === "record" || element.kind === "opaque") && restless.has(element.name))
    return { written: "any time", writer: undefined };
  const { index, names } = workingsOf(facts);
  const key = `${one.record}.${one.field.name}`;
  // A call that gets the member's address may write it or not.
  const stores = index.storesTo(key).filter(({ function: owner, statement }) => {
    const target =
      statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
    if (target === undefined || fieldKey(target.steps) !== key) return false;
    // What a request is told when it is made comes before its transfer; a device's own struct is made once.
    return setsUp(facts, owner) || !isNew(facts, owner, statement, target);
  });
  const working = stores.find((store) => !setsUp(facts, store.function));
  const store = working ?? stores[0];
  if (!store) return undefined;
  const writer = names.step(store.function, store.statement.id, "store", `${one.field.name} is written here`);
  return { written: working ? "at work" : "set up", writer };
}

/** Whether the place lies in an object that the function has allocated itself. */
function isNew(facts: Facts, owner: ProgramFunction, statement: Statement, target: Place): boolean {
  const { index, provenance } = workingsOf(facts);
  const { root, steps } = provenance.localValues(owner).locationAt(statement.id, target);
  if (root.kind !== "symbol" || steps.slice(1).some((step) => step.kind === "deref")) return false;
  const { symbol } = root;
  if (symbol.kind === "birth") return true;
  if (symbol.kind !== "result") return false;
  const callees = index.callees(owner, symbol.call);
  if (callees.length === 0)
    return symbol.call.callee.kind === "direct" && /(^|_)k?[mz]?alloc(_|$)/.test(symbol.call.callee.name);
  return callees.some((callee) =>
    provenance
      .localValues(callee)
      .returns()
      .some(({ value }) => value?.some((one) => one.symbol.kind === "birth") === true),
  );
}

/** Handlers that run before anything else works on the device's struct, or after it. */
const settingUp = /^(probe|init|remove|disconnect|attach|detach|bind|unbind|ndo_init|shutdown|exit)$/;

/** Handlers that run alone. */
const probing = /^(probe|bind)$/;

/** Whether the function only ever runs while the device is set up or taken down. */
function setsUp(facts: Facts, owner: ProgramFunction): boolean {
  return onlyRunsIn(facts, owner, settingUp, 0);
}

const known = new WeakMap<Facts, Map<RegExp, KnownMap<ProgramFunction, boolean>>>();

function onlyRunsIn(facts: Facts, owner: ProgramFunction, handlers: RegExp, depth: number): boolean {
  const all = known.get(facts) ?? new Map<RegExp, KnownMap<ProgramFunction, boolean>>();
  known.set(facts, all);
  const memory = all.get(handlers) ?? knownMap<ProgramFunction, boolean>();
  all.set(handlers, memory);
  const before = memory.get(owner);
  if (before !== undefined) return before;
  memory.assume(owner, true);
  const entries = facts.unit.opsTables.flatMap((table) => table.entries).filter((one) => one.value === owner.name);
  const callers = facts.unit.callersOf(owner);
  const only =
    depth < 8 &&
    entries.length + callers.length > 0 &&
    entries.every((one) => handlers.test(one.field)) &&
    callers.every((site) => onlyRunsIn(facts, site.caller, handlers, depth + 1));
  memory.set(owner, only);
  return only;
}

/**
 * USB transfers over coherent memory: the USB core maps every buffer unless URB_NO_TRANSFER_DMA_MAP says that transfer_dma holds its
 * address (Documentation/driver-api/usb/dma.rst:44-66, 6.12.117).
 */
import type { Expression, ProgramFunction, Statement } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import { isCoherentMemory, isPointer } from "../coherent/coherent-uses.ts";
import { dmaArguments } from "./dma-arguments.ts";
import type { Facts, Origin, Value } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { mayHoldCoherent } from "../values/possible-kinds.ts";
import { workingsOf } from "../unit-facts.ts";

export interface CoherentTransfer {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  readonly span: FileSpan;
  /** Who gets the buffer: "usb_fill_bulk_urb()", "transfer_buffer". */
  readonly receiver: string;
  /** Whether an urb carries it, which could say that it is mapped already; usb_control_msg() and its like have none. */
  readonly urb: boolean;
  readonly subject: string;
  /** The buffer, as the call or the store has it. */
  readonly buffer: Expression;
  readonly origin: Origin;
}

const flag = "URB_NO_TRANSFER_DMA_MAP";

/** Coherent buffers of transfers that the core maps a second time. */
export function coherentTransfers(facts: Facts): readonly CoherentTransfer[] {
  const found: CoherentTransfer[] = [];
  if (!mayHoldCoherent(facts)) return found;
  const add = (base: Omit<CoherentTransfer, "origin">, value: Value): void => {
    const origin = forbiddenOrigins(value, (one) => isCoherentMemory(one) && isPointer(one))[0]?.origin;
    if (origin && !(base.urb && isFlagged(facts, base.function))) found.push({ ...base, origin });
  };
  for (const one of dmaArguments(facts)) {
    if (one.mapper !== "usb" || !one.pointer) continue;
    // The setup packet has no flag: it is mapped always, and a driver never gives its address (usb/dma.rst:66).
    const urb =
      one.name.startsWith("usb_fill_") && one.statement.arguments.indexOf(one.pointer) !== setupPacket(one.name);
    if (!urb && !/^usb_(control|bulk|interrupt)_msg$/.test(one.name)) continue;
    const { function: owner, statement, name, subject, value } = one;
    const { calleeSpan: span } = statement;
    add({ function: owner, statement, span, receiver: `${name}()`, urb, subject, buffer: one.pointer }, value);
  }
  for (const { function: owner, statement } of workingsOf(facts).index.storesTo("urb.transfer_buffer")) {
    if (statement.kind !== "assign") continue;
    const span = { file: statement.file, start: statement.value.start, end: statement.value.end };
    const subject = facts.textOf(owner, statement.value);
    const value = facts.valueOf({ function: owner, statement: statement.id }, statement.value);
    const buffer = statement.value;
    add({ function: owner, statement, span, receiver: "transfer_buffer", urb: true, subject, buffer }, value);
  }
  return found;
}

function setupPacket(name: string): number {
  return name === "usb_fill_control_urb" ? 3 : -1;
}

/**
 * Whether the flag is set for what the function fills: in the function, or, where it leaves the flags alone, anywhere in its file.
 * Flags that the function sets without it are final.
 */
function isFlagged(facts: Facts, owner: ProgramFunction): boolean {
  const stores = workingsOf(facts).index.storesTo("urb.transfer_flags");
  const flagged = stores.filter((one) => one.statement.kind === "assign" && sets(facts, one.function, one.statement));
  const own = stores.filter((one) => one.function === owner);
  if (own.length > 0 && !own.some((one) => flagged.includes(one)))
    return own.some((one) => isUnclear(facts, owner, one.statement));
  return flagged.some((one) => one.function.file === owner.file);
}

function sets(facts: Facts, owner: ProgramFunction, statement: Statement): boolean {
  return sourceOf(facts, owner, statement).includes(flag);
}

/** Flags that come from elsewhere: `urb->transfer_flags = flags`. */
function isUnclear(facts: Facts, owner: ProgramFunction, statement: Statement): boolean {
  return !/^[^=]*=[\s(]*(0|URB_\w+)([\s|()]|URB_\w+)*$/.test(sourceOf(facts, owner, statement));
}

function sourceOf(facts: Facts, owner: ProgramFunction, statement: Statement): string {
  const text = facts.unit.files.get(owner.file)?.text ?? "";
  const end = text.indexOf(";", statement.start);
  return text.slice(statement.start, end < 0 ? statement.end : Math.max(end, statement.end)).replace(/;$/, "");
}

/** DMA masks that are spelled as numbers, and masks of devices that have none of their own. */
import { textBetween } from "../../program/lower-c-file.ts";
import type { Expression } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { recordAt } from "../values/field-keys.ts";
import { peel } from "../values/local-evaluation.ts";
import { maskOf } from "./mask-fallbacks.ts";
import type { LocationStep } from "../values/symbols.ts";
import { workingsOf } from "../unit-facts.ts";

export interface LiteralMask {
  readonly call: ApiCall;
  readonly mask: Expression;
  readonly text: string;
  /** How many low bits are set, if the number is a mask of low bits and nothing else. */
  readonly bits: number | undefined;
}

/** Masks that are written as a number or `~0` in the call itself. */
export function literalMasks(facts: Facts): readonly LiteralMask[] {
  const found: LiteralMask[] = [];
  for (const call of facts.callsWith("set-mask")) {
    const mask = call.statement.arguments[1];
    const value = maskOf(call);
    if (!mask || value === undefined || call.statement.macro !== undefined) continue;
    const text = textBetween(facts.unit, mask.file, mask.start, mask.end);
    if (!/^[\s()~\d]/.test(text) || /[A-Za-z_]{3,}/.test(text.replace(/0[xX][0-9a-fA-F]+/g, ""))) continue;
    found.push({ call, mask, text, bits: lowBits(value) });
  }
  return found;
}

function lowBits(value: bigint): number | undefined {
  const text = value.toString(2);
  return /^1+$/.test(text) ? text.length : undefined;
}

export interface UsbMask {
  readonly call: ApiCall;
  readonly device: Expression;
  readonly record: "usb_device" | "usb_interface";
}

/** Calls that set the mask of a USB device or interface. */
export function usbMasks(facts: Facts): readonly UsbMask[] {
  const found: UsbMask[] = [];
  for (const call of facts.callsWith("set-mask")) {
    const device = call.argument("device");
    const record = device && usbRecordOf(facts, call, device);
    if (device && record) found.push({ call, device, record });
  }
  return found;
}

/** The USB struct whose `dev` the pointer leads to, where all that it may be agrees. */
function usbRecordOf(facts: Facts, call: ApiCall, device: Expression): UsbMask["record"] | undefined {
  const one = peel(device);
  if (one.kind === "address") return recordOf(one.place.steps);
  const values = workingsOf(facts).provenance.localValues(call.function);
  const records = values
    .valueAt(call.statement.id, device)
    .map(({ symbol }) => (symbol.kind === "address" ? recordOf(symbol.location.steps) : undefined));
  return records.every((record) => record === records[0]) ? records[0] : undefined;
}

function recordOf(
  steps: readonly (LocationStep | Parameters<typeof recordAt>[0][number])[],
): UsbMask["record"] | undefined {
  const last = steps.at(-1);
  if (last?.kind !== "field" || last.name !== "dev") return undefined;
  const record = recordAt(steps, steps.length - 1);
  return record === "usb_device" || record === "usb_interface" ? record : undefined;
}

/** Takes a DMA attribute out of a call's attributes. */
import type { CallStatement, DriverUnit } from "../../program/program.ts";
import type { TextEdit } from "../../text/edit.ts";

/** Undefined where the attributes are not spelled out in the call, or come through a macro. */
export function withoutAttribute(
  unit: DriverUnit,
  call: CallStatement,
  position: number,
  attribute: string,
): TextEdit | undefined {
  const attrs = call.arguments[position];
  const text = attrs && unit.files.get(attrs.file)?.text.slice(attrs.start, attrs.end);
  if (!attrs || text === undefined || call.macro !== undefined) return undefined;
  const flags = text.split("|").map((one) => one.trim());
  if (!flags.includes(attribute) || !flags.every((one) => /^\w+$/.test(one))) return undefined;
  const rest = flags.filter((one) => one !== attribute);
  const { file, start, end } = attrs;
  return { file, start, end, newText: rest.length === 0 ? "0" : rest.join(" | ") };
}

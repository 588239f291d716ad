/** The flags that a call's gfp argument names, and how to take one of them out of the source. */
import type { DriverUnit, Expression } from "../../program/program.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { FileSpan } from "../../text/span.ts";
import { peel } from "../values/local-evaluation.ts";

export interface GfpFlag extends FileSpan {
  /** "GFP_KERNEL", "__GFP_ZERO". */
  readonly name: string;
  /** Leaves the other flags; undefined where the flag is the only one, or a macro of the driver wrote it. */
  readonly removal: TextEdit | undefined;
}

/** The flags that are written at the call, from left to right. What is computed elsewhere has none. */
export function gfpFlagsIn(unit: DriverUnit, gfp: Expression): readonly GfpFlag[] {
  const one = peel(gfp);
  if (one.kind === "binary" && one.operator === "|") {
    const left = gfpFlagsIn(unit, one.left);
    const right = gfpFlagsIn(unit, one.right);
    const before = left.at(-1);
    const after = right[0];
    return [
      ...left.map((flag) =>
        flag === before && left.length === 1 ? without(unit, flag, flag.start, after?.start) : flag,
      ),
      ...right.map((flag) => (flag === after ? without(unit, flag, before?.end, flag.end) : flag)),
    ];
  }
  const name = one.kind === "symbol" || one.kind === "constant" ? one.name : undefined;
  return name === undefined ? [] : [{ file: one.file, start: one.start, end: one.end, name, removal: undefined }];
}

/** The flag with the edit that removes it and the bar beside it, from `start` to `end`. */
function without(unit: DriverUnit, flag: GfpFlag, start: number | undefined, end: number | undefined): GfpFlag {
  const text = unit.files.get(flag.file)?.text;
  if (text === undefined || start === undefined || end === undefined) return flag;
  const beside = text.slice(start, flag.start) + text.slice(flag.end, end);
  if (text.slice(flag.start, flag.end) !== flag.name || !/^\s*\|\s*$/.test(beside)) return flag;
  return { ...flag, removal: { file: flag.file, start, end, newText: "" } };
}

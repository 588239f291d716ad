/**
 * Parts of one buffer that are mapped one by one: two of them in one cache line spoil each other when a device writes either
 * (Documentation/core-api/dma-api.rst:342-346, 6.12.117). Only constant offsets and sizes count.
 */
import { textBetween } from "../../program/lower-c-file.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { peel } from "../values/local-evaluation.ts";
import { lineBytes, sizeOf } from "./struct-layout.ts";
import { dmaDirection, type TransferDirection } from "../streaming/transfer-direction.ts";
import { workingsOf } from "../unit-facts.ts";

interface Section {
  readonly call: ApiCall;
  /** Equal for equal buffers of the function. */
  readonly buffer: string;
  /** Bytes from the buffer's start. */
  readonly start: number;
  readonly end: number;
  readonly direction: TransferDirection;
  readonly subject: string;
}

export interface SharedSections {
  readonly function: ProgramFunction;
  readonly first: CallStatement;
  readonly second: ApiCall;
  /** How the source calls the parts. */
  readonly names: readonly [string, string];
  /** Bytes of the first part's end and the second part's start. */
  readonly end: number;
  readonly start: number;
}

export function sharedSections(facts: Facts): readonly SharedSections[] {
  const byFunction = new Map<ProgramFunction, Section[]>();
  for (const call of facts.callsWith("map-streaming")) {
    const section = sectionOf(facts, call);
    if (!section) continue;
    const list = byFunction.get(call.function);
    if (list) list.push(section);
    else byFunction.set(call.function, [section]);
  }
  const found: SharedSections[] = [];
  for (const [owner, sections] of byFunction)
    for (const second of sections) {
      const first = sections.find((one) => sharesLine(one, second));
      if (!first) continue;
      const names = [first.subject, second.subject] as const;
      found.push({
        function: owner,
        first: first.call.statement,
        second: second.call,
        names,
        end: first.end,
        start: second.start,
      });
    }
  return found;
}

/** The first ends in the line in which the second begins, and the device writes one of them. */
function sharesLine(first: Section, second: Section): boolean {
  if (first === second || first.buffer !== second.buffer || first.end > second.start) return false;
  if (!isWritten(first) && !isWritten(second)) return false;
  return Math.floor((first.end - 1) / lineBytes) === Math.floor(second.start / lineBytes);
}

function isWritten(one: Section): boolean {
  return one.direction === "in" || one.direction === "both";
}

function sectionOf(facts: Facts, call: ApiCall): Section | undefined {
  const { function: owner, statement } = call;
  const bytes = constantOf(facts, call.argument("size") ?? call.argument("length"));
  const way = call.argument("direction");
  const pointer = call.argument("cpu") ?? call.argument("page");
  if (bytes === undefined || bytes <= 0 || !way || !pointer) return undefined;
  const page = call.argument("cpu") === undefined;
  const offset = page ? constantOf(facts, call.argument("offset")) : 0;
  const { base, start } = page ? { base: pointer, start: 0 } : split(facts, pointer);
  if (offset === undefined || start === undefined) return undefined;
  const value = workingsOf(facts).provenance.localValues(owner).valueAt(statement.id, base);
  const symbol = value.length === 1 && value[0]?.conversions.length === 0 ? value[0].symbol : undefined;
  // What a page or an allocation is called: a member in the middle of a struct has no known line.
  if (symbol?.kind !== "birth" && symbol?.kind !== "entry") return undefined;
  const buffer = symbol.kind === "birth" ? `birth ${symbol.call.id}` : symbol.location.key;
  const from = start + offset;
  const direction = dmaDirection(facts.textOf(owner, way));
  const subject = page ? `${facts.textOf(owner, pointer)} at ${offset}` : textOf(facts, pointer);
  return { call, buffer, start: from, end: from + bytes, direction, subject };
}

/** `buf + 20` and `&buf[20]` of a pointer; the start is undefined where the offset is no constant. */
function split(facts: Facts, pointer: Expression): { readonly base: Expression; readonly start: number | undefined } {
  const one = peel(pointer);
  if (one.kind !== "binary" || one.operator !== "+") return { base: pointer, start: 0 };
  const count = constantOf(facts, one.right);
  const left = peel(one.left);
  const type = left.kind === "read" ? left.place.type : undefined;
  // `void *` counts bytes.
  const target = type?.kind === "pointer" ? type.target : undefined;
  const element = target?.kind === "void" ? 1 : target && sizeOf(facts.unit.records, target);
  return { base: one.left, start: count === undefined || element === undefined ? undefined : count * element };
}

function constantOf(facts: Facts, expression: Expression | undefined): number | undefined {
  if (!expression) return undefined;
  const one = peel(expression);
  if (one.kind === "constant") return one.value >= 0n && one.value < 1n << 31n ? Number(one.value) : undefined;
  return one.kind === "sizeof" ? sizeOf(facts.unit.records, one.operand) : undefined;
}

function textOf(facts: Facts, expression: Expression): string {
  const text = textBetween(facts.unit, expression.file, expression.start, expression.end);
  return text.replace(/\s+/g, " ");
}

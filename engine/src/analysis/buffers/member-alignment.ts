/** Edits that put a member of a struct on cache lines of its own: an alignment for it, and one for what follows it. */
import type { RecordField } from "../../program/types.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { Facts } from "../facts.ts";
import type { LaidMember } from "./struct-layout.ts";

const alignment = " __aligned(ARCH_DMA_MINALIGN)";

/** The edits; undefined where a declaration has another shape than `type name[...];`. */
export function alignmentEdits(facts: Facts, member: LaidMember): readonly TextEdit[] | undefined {
  const record = facts.unit.records.get(member.record);
  const text = record && facts.unit.files.get(record.file)?.text;
  if (!record || text === undefined || member.field.overlay !== undefined) return undefined;
  const at = record.fields.indexOf(member.field);
  const next = record.fields[at + 1];
  const fields = next ? [member.field, next] : [member.field];
  const edits: TextEdit[] = [];
  for (const field of fields) {
    const place = declaratorEnd(text, field);
    if (place === undefined) return undefined;
    edits.push({ file: record.file, start: place, end: place, newText: alignment });
  }
  return at < 0 ? undefined : edits;
}

/** Where an annotation goes: before the semicolon of a declaration of one plain name or array. */
function declaratorEnd(text: string, field: RecordField): number | undefined {
  if (field.bits !== undefined || field.overlay !== undefined || field.annotations.length > 0) return undefined;
  const tail = /^(\s*\[[^\]\n]*\])*/.exec(text.slice(field.end, field.end + 200))?.[0] ?? "";
  const end = field.end + tail.length;
  const before = text.slice(Math.max(text.lastIndexOf("\n", field.start) + 1, 0), field.start);
  return /^\s*;/.test(text.slice(end, end + 20)) && !before.includes(",") ? end : undefined;
}

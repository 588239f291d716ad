/** The fields of a record as C lets them be named: unnamed members are flattened into their owner. */
import type { FieldDeclaration, RecordType } from "../syntax/c/ast.ts";
import { declaringPosition } from "./kernel-macros.ts";
import { declaredByMacro } from "./declared-types.ts";
import { declaredName, resolveType, type TypeContext } from "./type-resolver.ts";
import type { RecordField } from "./types.ts";

const depthLimit = 64;

/**
 * Members without a name or a size of their own that put the next one on a cache line of its own: include/linux/dma-mapping.h:594-599
 * and include/linux/cache.h (6.12.117). They are told as the alignment of that next member.
 */
const aligningMacros =
  /^(__dma_from_device_group_(begin|end)|__cacheline_group_(begin|end)_aligned|CACHELINE_PADDING)$/;

/** In the order written. */
export function recordFields(record: RecordType, context: TypeContext): RecordField[] {
  const collected: Collected = { fields: [], aligning: [], unions: 0 };
  collect(record, context, collected, undefined, 0);
  return collected.fields;
}

interface Collected {
  readonly fields: RecordField[];
  /** Annotations of macros without a name that govern the next field. */
  aligning: readonly string[];
  /** Unnamed unions so far. */
  unions: number;
}

function collect(
  record: RecordType,
  context: TypeContext,
  collected: Collected,
  overlay: number | undefined,
  depth: number,
): void {
  if (depth > depthLimit) return;
  const { fields } = collected;
  for (const field of record.fields ?? []) {
    if (field.macro !== undefined) {
      if (field.macro.callee.kind === "identifier" && aligningMacros.test(field.macro.callee.name))
        collected.aligning = ["__aligned(ARCH_DMA_MINALIGN)"];
      else collectMacro(field, context, fields);
      continue;
    }
    const { base } = field.specifiers;
    if (field.declarators.length === 0 && base.kind === "record") {
      if (base.name !== undefined) continue;
      const inner = overlay ?? (base.tag === "union" ? collected.unions++ : undefined);
      // An unnamed record is aligned where its first field is.
      const aligning = [...base.annotations, ...field.specifiers.annotations].map(spellAnnotation);
      collected.aligning = [...collected.aligning, ...aligning.filter((one) => /align/.test(one))];
      collect(base, context, collected, inner, depth + 1);
      continue;
    }
    for (const { declarator, bits, annotations } of field.declarators) {
      const named = declaredName(declarator);
      if (named === undefined) continue;
      const width = bits === undefined ? undefined : context.constantOf(bits);
      fields.push({
        name: named.name,
        type: resolveType(field.specifiers, declarator, context),
        start: named.start,
        end: named.end,
        annotations: [...collected.aligning, ...[...field.specifiers.annotations, ...annotations].map(spellAnnotation)],
        ...(overlay !== undefined && { overlay }),
        ...(width === undefined ? {} : { bits: Number(BigInt.asUintN(16, width)) }),
      });
      collected.aligning = [];
    }
  }
}

/** `DEFINE_DMA_UNMAP_ADDR(dma);`, `DECLARE_BITMAP(x, 3);` (include/linux/dma-mapping.h, include/linux/types.h). */
function collectMacro(field: FieldDeclaration, context: TypeContext, fields: RecordField[]): void {
  const call = field.macro;
  if (call?.callee.kind !== "identifier") return;
  const position = declaringPosition(call.callee.name);
  const argument = position === undefined ? undefined : call.arguments[position];
  if (argument?.kind !== "identifier") return;
  fields.push({
    name: argument.name,
    type: declaredByMacro(call.callee.name, call.arguments, context),
    start: argument.start,
    end: argument.end,
    annotations: [],
  });
}

/** An annotation as the source spells it. */
export function spellAnnotation(annotation: { readonly name: string; readonly argument?: string }): string {
  return annotation.argument === undefined ? annotation.name : `${annotation.name}(${annotation.argument})`;
}

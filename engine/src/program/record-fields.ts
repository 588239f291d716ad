/** The fields of a record as C lets them be named: unnamed members are flattened into their owner. */
import type { FieldDeclaration, RecordType } from "../syntax/c/ast.ts";
import { declaringPosition } from "./kernel-macros.ts";
import { declaredByMacro } from "./declared-types.ts";
import { declaredName, resolveType, type TypeContext } from "./type-resolver.ts";
import type { RecordField } from "./types.ts";

const depthLimit = 64;

/** In the order written. */
export function recordFields(record: RecordType, context: TypeContext): RecordField[] {
  const fields: RecordField[] = [];
  collect(record, context, fields, 0);
  return fields;
}

function collect(record: RecordType, context: TypeContext, fields: RecordField[], depth: number): void {
  if (depth > depthLimit) return;
  for (const field of record.fields ?? []) {
    if (field.macro !== undefined) {
      collectMacro(field, context, fields);
      continue;
    }
    const { base } = field.specifiers;
    if (field.declarators.length === 0 && base.kind === "record") {
      if (base.name === undefined) collect(base, context, fields, depth + 1);
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
        annotations: [...field.specifiers.annotations, ...annotations].map(spell),
        ...(width === undefined ? {} : { bits: Number(BigInt.asUintN(16, width)) }),
      });
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

function spell(annotation: { readonly name: string; readonly argument?: string }): string {
  return annotation.argument === undefined ? annotation.name : `${annotation.name}(${annotation.argument})`;
}

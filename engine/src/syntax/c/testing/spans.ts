/** Checks what must hold of every tree, however broken the text. */
import type { TranslationUnit } from "../ast.ts";

/** Nodes whose span is not inside the text or ends before it starts, and items that overlap. */
export function misplaced(unit: TranslationUnit, length: number): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      for (const item of value as readonly unknown[]) visit(item);
      return;
    }
    const node = value as Readonly<Record<string, unknown>>;
    const { start, end } = node;
    if (typeof start === "number" && typeof end === "number" && (start < 0 || end < start || end > length)) {
      found.push(`${typeof node["kind"] === "string" ? node["kind"] : "part"} ${start}..${end}`);
    }
    for (const key in node) visit(node[key]);
  };
  visit(unit);
  return found;
}

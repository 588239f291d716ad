/** `#if` groups whose arms hold whole statements or file-scope items. */
import type { ConditionalArm, ConditionalGroup } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { readCondition } from "./directives.ts";
import { T } from "./tokens.ts";

/** True at a directive that ends an arm. */
export function endsArm(kind: number): boolean {
  return kind === T.directiveElif || kind === T.directiveElse || kind === T.directiveEndif;
}

/** Parses the group at the cursor; `parseBody` reads one arm up to the directive that ends it. */
export function parseConditionalGroup<Item>(p: Cursor, parseBody: (p: Cursor) => Item[]): ConditionalGroup<Item> {
  const { start } = p;
  const arms: ConditionalArm<Item>[] = [];
  let exhaustive = false;
  if (p.enter()) {
    do {
      const isElse = p.kind === T.directiveElse;
      const armStart = p.start;
      const condition = readCondition(p.text, p.start, p.end);
      if (isElse) exhaustive = true;
      p.advance();
      const body = parseBody(p);
      const end = p.lastEnd;
      arms.push(isElse ? { body, start: armStart, end } : { condition, body, start: armStart, end });
    } while ((p.kind === T.directiveElif || p.kind === T.directiveElse) && !p.failed());
    p.take(T.directiveEndif);
  }
  p.leave();
  return { kind: "conditional-group", arms, exhaustive, start, end: p.endFrom(start) };
}

/** Which names a function's text assigns: needed only for loop macros of unknown headers. */
import type { FunctionBuilder } from "./function-builder.ts";

const cache = new WeakMap<FunctionBuilder, ReadonlySet<string>>();

/**
 * Names that stand left of an `=`, next to `++`/`--`, or behind `&` in the function's text, or are declared with a value.
 * Textual on purpose: it only chooses between candidates, and sees what is inside of macro arguments as well.
 */
export function assignedNames(builder: FunctionBuilder): ReadonlySet<string> {
  let names = cache.get(builder);
  if (names === undefined) {
    const found = new Set<string>();
    const text = builder.text.slice(builder.start, builder.end);
    const pattern =
      /([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|(?:\+\+|--)\s*([A-Za-z_]\w*)|([A-Za-z_]\w*)\s*(?:\+\+|--)|&\s*([A-Za-z_]\w*)/g;
    for (const match of text.matchAll(pattern)) {
      // `x->name = 1` assigns no variable.
      const before = text.slice(Math.max(0, match.index - 2), match.index);
      if (/->$|\.$/.test(before)) continue;
      for (let i = 1; i <= 4; i++) if (match[i] !== undefined) found.add(match[i] ?? "");
    }
    names = found;
    cache.set(builder, names);
  }
  return names;
}

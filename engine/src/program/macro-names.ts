/** The names that the replacement of a macro can bring into a function, told by its text. */
import type { Macro } from "./declarations.ts";
import { freeClasses, guardClasses } from "./kernel-macros.ts";

/** Names that `##` can make: what is literal at the beginning and at the end, with whatever between. */
export interface Paste {
  readonly prefix: string;
  readonly suffix: string;
}

/** Names that a macro's replacement holds: those of its parameters do not count. */
export interface MacroText {
  readonly names: readonly string[];
  /** Names that it makes of its arguments and of literal parts. */
  readonly pastes: readonly Paste[];
  /** It may give members their values by position. */
  readonly positional: boolean;
}

const none: readonly never[] = [];
const plain: MacroText = { names: none, pastes: none, positional: false };
const texts = new WeakMap<Macro, MacroText>();

export function textOfMacro(macro: Macro): MacroText {
  let text = texts.get(macro);
  if (text === undefined) {
    text = read(macro);
    texts.set(macro, text);
  }
  return text;
}

function read({ body, parameters }: Macro): MacroText {
  const found = body.match(/(?<![\w$])[A-Za-z_$][\w$]*/g);
  if (found === null) return plain;
  const names = new Set(found);
  for (const parameter of parameters ?? []) names.delete(parameter);
  // A member keeps the parameter's name where the argument is more than a name (read_roothub() of drivers/usb/host/ohci.h).
  if (parameters !== undefined)
    for (const [, member = ""] of body.matchAll(/(?:\.|->)\s*([A-Za-z_$][\w$]*)/g)) names.add(member);
  return {
    names: [...names],
    pastes: body.includes("##") ? pastesIn(body, parameters ?? none) : none,
    positional: /[=)]\s*\{/.test(body),
  };
}

/** `name##_WORD`, `rele##n`; `, ##args` drops a comma and makes no name. */
function pastesIn(body: string, parameters: readonly string[]): readonly Paste[] {
  const isOpen = (part: string): boolean => part === "__VA_ARGS__" || parameters.includes(part);
  const pastes: Paste[] = [];
  for (const match of body.matchAll(/[\w$]+(?:\s*##\s*[\w$]+)+/g)) {
    const [chain] = match;
    const before = body.slice(0, match.index);
    // A member that is only measured is neither called nor stored to.
    if (/\boffsetof(?:end)?\s*\([^(),]*,[^()]*$/.test(before)) continue;
    const parts = chain.split(/\s*##\s*/);
    const first = parts.findIndex(isOpen);
    if (first < 0) pastes.push({ prefix: parts.join(""), suffix: "" });
    else {
      const last = parts.findLastIndex(isOpen);
      pastes.push({ prefix: parts.slice(0, first).join(""), suffix: parts.slice(last + 1).join("") });
    }
  }
  return pastes;
}

/** Whether a macro that pastes so may make the name. */
export function canPaste({ prefix, suffix }: Paste, name: string): boolean {
  return name.length >= prefix.length + suffix.length && name.startsWith(prefix) && name.endsWith(suffix);
}

/** Words from which lowering makes calls whose names are not written: include/linux/cleanup.h and loops with `_scoped`. */
export function makesCalls(word: string): boolean {
  return (
    word === "__free" ||
    word === "guard" ||
    word === "CLASS" ||
    word === "scoped_guard" ||
    word === "scoped_cond_guard" ||
    word.endsWith("_scoped")
  );
}

const madeCalls: ReadonlySet<string> = new Set([
  ...[...guardClasses.values()].flatMap(({ lock, unlock }) => [lock, unlock]),
  ...freeClasses.values(),
  // What leaving a loop like for_each_child_of_node_scoped() calls (include/linux/of.h, property.h).
  "of_node_put",
  "fwnode_handle_put",
]);

/** Whether lowering may call the name for a guard or a clean-up that does not spell it. */
export function isMadeCall(name: string): boolean {
  return madeCalls.has(name) || /^class_\w+_(con|de)structor$/.test(name);
}

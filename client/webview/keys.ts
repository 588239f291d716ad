import type { Move } from "./moves.ts";

/** What a key asks for besides a move. */
export type Deed = "play" | "origin" | "bytes" | "leave" | "search" | "unchanged";

const letters: Readonly<Record<string, Move | Deed>> = {
  w: "origin",
  b: "bytes",
  u: "unchanged",
  "/": "search",
  n: { to: "nextMatch" },
  N: { to: "previousMatch" },
  d: { to: "nextDifference" },
  D: { to: "previousDifference" },
  Escape: "leave",
};

/** The keys of the panel, for its own list of them. */
export const keyList: readonly (readonly [keys: string, what: string])[] = [
  ["← →", "step; with Shift by ten"],
  ["Home End", "first and last step"],
  ["Space", "play and pause"],
  ["[ ]", "previous and next stale byte"],
  ["w", "who wrote this byte? Again: go back to that step"],
  ["b", "walk through the bytes with the arrow keys; Enter asks who wrote one"],
  ["/", "search in the steps; Enter or n: the next one, Shift+Enter or N: the one before"],
  ["u", "hide rows that nothing happens to; show them again"],
  ["d D", "next and previous difference, while two runs are side by side"],
  ["Esc", "leave the bytes, and forget the chosen one"],
];

/** What a key press on an element of that tag name asks for; undefined when it is not ours (typed into a control, or with Ctrl, Alt or Meta). */
export function keyMove(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey">,
  tag = "",
): Move | Deed | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  if (tag === "SELECT" || tag === "INPUT-TEXT") return undefined;
  switch (event.key) {
    case "ArrowRight":
      return event.shiftKey ? { to: "by", count: 10 } : { to: "next" };
    case "ArrowLeft":
      return event.shiftKey ? { to: "by", count: -10 } : { to: "previous" };
    case "Home":
      return { to: "first" };
    case "End":
      return { to: "last" };
    case "]":
      return { to: "nextStale" };
    case "[":
      return { to: "previousStale" };
    case " ":
      // On a button or a link the space bar presses it.
      return tag === "BUTTON" || tag === "A" || tag === "SUMMARY" ? undefined : "play";
    default:
      return letters[event.key];
  }
}

/** The tag name as `keyMove` wants it: a text field is told from a slider. */
export function tagOf(target: EventTarget | null): string {
  if (!(target instanceof Element)) return "";
  return target instanceof HTMLInputElement && target.type !== "range" && target.type !== "checkbox"
    ? "INPUT-TEXT"
    : target.tagName;
}

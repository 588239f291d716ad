import type { Move } from "./panel-model.ts";

/** What a key press on an element of that tag name asks for; undefined when it is not ours (typed into a control, or with Ctrl, Alt or Meta). */
export function keyMove(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey">,
  tag = "",
): Move | "play" | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  if (tag === "SELECT") return undefined;
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
      return tag === "BUTTON" || tag === "A" ? undefined : "play";
    default:
      return undefined;
  }
}

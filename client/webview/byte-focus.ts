/** Walking through the bytes of the picture by keyboard: arrows move the focus, as in a table of numbers. */

/** Moves the focus to the chosen byte, else to one that is stale, else to the first. */
export function focusByte(within: HTMLElement | null): void {
  const byte =
    within?.querySelector<HTMLElement>(".byte[aria-pressed=true]") ??
    within?.querySelector<HTMLElement>("button.byte[data-stale=true]") ??
    within?.querySelector<HTMLElement>("button.byte");
  byte?.focus();
}

/** Gives the focus back to the sentence of the step. */
export function leaveBytes(within: HTMLElement | null): void {
  if (document.activeElement?.matches("button.byte")) within?.querySelector<HTMLElement>(".story")?.focus();
}

/** On a byte, arrows go to its neighbours; elsewhere they are not ours. */
export function walkBytes(event: KeyboardEvent): void {
  const { target, currentTarget } = event;
  if (!(target instanceof HTMLElement) || !(currentTarget instanceof HTMLElement)) return;
  if (!target.matches("button.byte") || event.ctrlKey || event.altKey || event.metaKey) return;
  const next = neighbour(currentTarget, target, event.key);
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** Undefined when the key is no arrow; at an edge the byte itself. */
function neighbour(table: HTMLElement, byte: HTMLElement, key: string): HTMLElement | undefined {
  const rows = [...table.querySelectorAll<HTMLElement>(".bytes")];
  const row = rows.findIndex((one) => one.contains(byte));
  const cells = (index: number): readonly HTMLElement[] => [
    ...(rows[index]?.querySelectorAll<HTMLElement>("button.byte") ?? []),
  ];
  const column = cells(row).indexOf(byte);
  switch (key) {
    case "ArrowRight":
      return cells(row)[column + 1] ?? byte;
    case "ArrowLeft":
      return cells(row)[column - 1] ?? byte;
    case "ArrowDown":
      return cells(row + 1)[column] ?? byte;
    case "ArrowUp":
      return cells(row - 1)[column] ?? byte;
    default:
      return undefined;
  }
}

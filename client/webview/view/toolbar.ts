/** Step, back, scrub, play, and from stale to stale. */
import { html, nothing, type TemplateResult } from "lit";
import type { Move } from "../moves.ts";
import { type PanelModel, placeCount } from "../panel-model.ts";
import type { PanelActions } from "./panel.ts";

/** Drawn here, since an icon font would need a file of its own: paths in a 16 by 16 box. */
const icons = {
  first: "M3 3h1.5v10H3zM13 3v10L5.5 8z",
  previousStale: "M8 3v10L1.5 8zM10 3h5l-1.5 5L15 13h-5z",
  previous: "M11 3v10L4 8z",
  play: "M4 2.5v11l9-5.5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  next: "M5 3v10l7-5z",
  nextStale: "M8 3v10l6.5-5zM1 3h5L4.500 8 6 13H1z",
  previousDifference: "M7 3v10L1 8zM9 5h6v2H9zM9 9h6v2H9z",
  nextDifference: "M9 3v10l6-5zM1 5h6v2H1zM1 9h6v2H1z",
  last: "M11.500 3H13v10h-1.500zM3 3v10l7.500-5z",
} as const;

export function toolbarView(model: PanelModel, actions: PanelActions): TemplateResult {
  const last = placeCount(model) - 1;
  const button = (icon: keyof typeof icons, label: string, key: string, move: Move): TemplateResult =>
    html`<button type="button" class="icon" aria-label=${label} title="${label} (${key})" @click=${() => actions.go(move)}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${icons[icon]}></path></svg>
    </button>`;
  return html`<div class="toolbar" role="toolbar" aria-label="Replay">
    ${button("first", "First step", "Home", { to: "first" })}
    ${button("previousStale", "Previous stale byte", "[", { to: "previousStale" })}
    ${button("previous", "Previous step", "←", { to: "previous" })}
    <button
      type="button"
      class="icon"
      aria-label=${model.playing ? "Pause" : "Play"}
      title="${model.playing ? "Pause" : "Play"} (Space)"
      @click=${() => actions.togglePlay()}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${model.playing ? icons.pause : icons.play}></path></svg>
    </button>
    ${button("next", "Next step", "→", { to: "next" })}
    ${button("nextStale", "Next stale byte", "]", { to: "nextStale" })}
    ${
      model.pairs === undefined
        ? nothing
        : html`${button("previousDifference", "Previous difference", "D", { to: "previousDifference" })}
          ${button("nextDifference", "Next difference", "d", { to: "nextDifference" })}`
    }
    ${button("last", "Last step", "End", { to: "last" })}
    <input
      type="range"
      aria-label="Step"
      min="0"
      max=${last}
      .value=${String(model.step)}
      aria-valuetext="Step ${model.step + 1} of ${last + 1}"
      @input=${(event: Event) => {
        if (event.target instanceof HTMLInputElement) actions.go({ to: "step", step: Number(event.target.value) });
      }}
    />
    <span class="count">Step ${model.step + 1} of ${last + 1}</span>
  </div>`;
}

/** What each call is good for: drop one, or put one in, and run again. The driver's text is changed in memory only. */
import { html, nothing, type TemplateResult } from "lit";
import type { PanelToggle } from "../../shared/protocol.ts";
import type { PanelModel } from "../panel-model.ts";
import type { PanelActions } from "./panel.ts";

export function togglesView(model: PanelModel, actions: PanelActions): TemplateResult {
  const { toggles, replay } = model;
  if (toggles.length === 0 || replay === undefined) return html``;
  const changed = new Set(replay.variant.kind === "edited" ? replay.variant.toggles : []);
  const list = (kind: PanelToggle["kind"]): readonly PanelToggle[] => toggles.filter((toggle) => toggle.kind === kind);
  const there = list("drop");
  return html`<details class="card toggles">
    <summary>What if a call were missing, or one more were there?</summary>
    <p class="quiet">Each change runs the driver again, changed in memory only.</p>
    ${there.length === 0 ? nothing : html`<h3>Calls that are there</h3>`}
    <ul>${there.map((toggle) => toggleView(toggle, changed, actions))}</ul>
    ${(["before", "after"] as const).map((where) => {
      const addable = list("add").filter((toggle) => toggle.where === where);
      const line = where === "before" ? addable[0]?.range.line : addable[0]?.range.endLine;
      return addable.length === 0
        ? nothing
        : html`<h3>${where === "before" ? "Before" : "After"} line ${line}</h3>
            <ul aria-label="Calls that can be added ${where}">
              ${addable.map((toggle) => toggleView(toggle, changed, actions))}
            </ul>`;
    })}
    ${
      changed.size === 0
        ? nothing
        : html`<button type="button" @click=${() => actions.send({ kind: "replayEdited", toggles: [] })}>
            Run the driver as it is
          </button>`
    }
  </details>`;
}

function toggleView(toggle: PanelToggle, changed: ReadonlySet<string>, actions: PanelActions): TemplateResult {
  const { id, kind, what, code, range } = toggle;
  const isChanged = changed.has(id);
  const dropped = what === "map" ? "without its work on the cache" : "dropped";
  return html`<li>
    <label>
      <input
        type="checkbox"
        .checked=${(kind === "drop") !== isChanged}
        @change=${() => {
          const next = new Set(changed);
          if (!next.delete(id)) next.add(id);
          actions.send({ kind: "replayEdited", toggles: [...next] });
        }}
      />
      <code class=${kind === "drop" && isChanged ? "is-dropped" : ""}>${code}</code>
      ${kind === "drop" ? html`<span class="quiet">line ${range.line}</span>` : nothing}
      ${isChanged ? html`<span class="tag">${kind === "drop" ? dropped : "added"}</span>` : nothing}
    </label>
  </li>`;
}

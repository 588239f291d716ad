/** Ways out of the panel: a link, a mail, a picture, a page, the trace itself. */
import { html, type TemplateResult } from "lit";
import type { ExportFormat } from "../../shared/protocol.ts";
import { type PanelModel, stepOn } from "../panel-model.ts";
import type { PanelActions } from "./panel.ts";

export function shareView(model: PanelModel, actions: PanelActions): TemplateResult {
  const step = Math.max(0, stepOn(model, "left"));
  const out = (label: string, format: ExportFormat, to: "file" | "clipboard", what: string): TemplateResult =>
    html`<button type="button" class="secondary" title=${what} @click=${() => actions.send({ kind: "export", format, to, step })}>
      ${label}
    </button>`;
  return html`<details class="share">
    <summary>Save and share</summary>
    <p class="fixes">
      <button
        type="button"
        class="secondary"
        title="Opens this run at this step, for whoever has the same sources open"
        @click=${() => actions.send({ kind: "copyLink", step })}
      >
        Copy link
      </button>
      ${out("Copy for a mail", "markdown", "clipboard", "The story and the picture as Markdown")}
      ${out("Save page…", "html", "file", "One file that opens in any browser, without a network")}
      ${out("Save picture…", "svg", "file", "The picture of this step as SVG")}
      ${out("Save text…", "markdown", "file", "The story and the picture as Markdown")}
      ${out("Save trace…", "json", "file", "All events as JSON: opens in this panel again")}
    </p>
  </details>`;
}

/** Title, platform chooser, verdicts, fixes. */
import type { Verdict } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import type { PanelFinding, PanelPlatform, PanelReplay } from "../../shared/protocol.ts";
import type { PanelModel } from "../panel-model.ts";
import type { PanelActions } from "./panel.ts";

const marks = { never: "✓", sometimes: "▲", always: "✕", unknown: "?" } as const;
const words = {
  never: "never harmful",
  sometimes: "sometimes harmful",
  always: "always harmful",
  unknown: "could not be told",
} as const;

export function headView(model: PanelModel, actions: PanelActions): TemplateResult {
  const { replay, finding } = model;
  if (!replay) return html`<header><h1>DMA Lens replay</h1></header>`;
  return html`
    <header>
      <h1>${finding?.message ?? replay.trace?.title ?? "Replay"}</h1>
      ${finding ? ruleLine(finding, actions) : nothing}
      <div class="chooser">
        <label>
          Platform
          <select
            aria-label="Platform"
            @change=${(event: Event) => choose(event, actions)}
          >
            ${model.platforms.map(
              (platform) =>
                html`<option value=${platform.id} ?selected=${platform.id === replay.platform}>
                  ${platform.title}${platform.verdict ? ` — ${platform.verdict}` : ""}
                </option>`,
            )}
          </select>
        </label>
        <p class="verdict verdict-${replay.verdict}" data-part="verdict">
          <span class="mark" aria-hidden="true">${marks[replay.verdict]}</span>
          <strong>${words[replay.verdict]}</strong> <span class="why">${replay.sentence}</span>
        </p>
      </div>
      ${verdicts(model.platforms, replay, actions)} ${finding ? fixes(finding, replay, actions) : nothing}
    </header>
  `;
}

function ruleLine(finding: PanelFinding, actions: PanelActions): TemplateResult {
  return html`<p class="rule">
    <button type="button" class="link" @click=${() => actions.send({ kind: "explainRule", rule: finding.rule })}>
      ${finding.rule}
    </button>
    in
    <button
      type="button"
      class="link"
      @click=${() => actions.send({ kind: "reveal", range: finding.range, focus: true })}
    >
      ${finding.function}(), ${finding.range.file}:${finding.range.line}
    </button>
  </p>`;
}

function choose(event: Event, actions: PanelActions): void {
  if (event.target instanceof HTMLSelectElement) actions.send({ kind: "choosePlatform", platform: event.target.value });
}

function verdicts(platforms: readonly PanelPlatform[], replay: PanelReplay, actions: PanelActions): TemplateResult {
  return html`<details class="all-verdicts">
    <summary>Verdict on each machine: ${summary(platforms)}</summary>
    <ul class="verdicts" aria-label="Verdict per platform">
    ${platforms.map((platform) => {
      const verdict = platform.verdict ?? "unknown";
      const current = platform.id === replay.platform;
      return html`<li>
        <button
          type="button"
          class="chip verdict-${verdict}"
          aria-pressed=${current ? "true" : "false"}
          title=${platform.sentence ?? platform.summary}
          @click=${() => actions.send({ kind: "choosePlatform", platform: platform.id })}
        >
          <span class="mark" aria-hidden="true">${platform.verdict ? marks[verdict] : "…"}</span>
          ${platform.id} <span class="word">${platform.verdict ?? ""}</span>
        </button>
      </li>`;
    })}
    </ul>
  </details>`;
}

/** "9 sometimes, 4 always, 3 never" */
function summary(platforms: readonly PanelPlatform[]): string {
  const count = (verdict: Verdict): number => platforms.filter((platform) => platform.verdict === verdict).length;
  const order: readonly Verdict[] = ["always", "sometimes", "never", "unknown"];
  const parts = order.filter((verdict) => count(verdict) > 0).map((verdict) => `${count(verdict)} ${verdict}`);
  return parts.length > 0 ? parts.join(", ") : "being executed";
}

/** The fix's name without the explanation after the colon, which is in the tooltip. */
const shortTitle = (title: string): string => title.split(/: /)[0] ?? title;

function fixes(finding: PanelFinding, replay: PanelReplay, actions: PanelActions): TemplateResult {
  if (replay.variant.kind === "fixed") {
    const { fix } = replay.variant;
    const title = finding.fixes.find((candidate) => candidate.id === fix)?.title ?? fix;
    return html`<p class="fixes">
      This run has the fix “${title}”.
      <button type="button" @click=${() => actions.send({ kind: "applyFix", fix })}>Apply it</button>
      <button type="button" class="secondary" @click=${() => actions.send({ kind: "replayAsIs" })}>Replay without it</button>
    </p>`;
  }
  if (finding.fixes.length === 0) return html``;
  return html`<p class="fixes">
    ${finding.fixes.map(
      (fix, i) =>
        html`<button
          type="button"
          class=${i === 0 ? "" : "secondary"}
          title=${fix.title}
          @click=${() => actions.send({ kind: "replayWithFix", fix: fix.id })}
        >
          Replay with: ${shortTitle(fix.title)}${fix.safety === "review" ? " (review)" : ""}
        </button>`,
    )}
  </p>`;
}

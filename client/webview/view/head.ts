/** Title, platform chooser, verdicts, fixes. */
import type { Verdict } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import type { PanelComparison, PanelFinding, PanelPlatform, PanelReplay, PanelVariant } from "../../shared/protocol.ts";
import type { PanelModel } from "../panel-model.ts";
import type { PanelActions } from "./panel.ts";
import { shareView } from "./share.ts";
import { marks, shortTitle, variantName, words } from "./words.ts";

export function headView(model: PanelModel, actions: PanelActions): TemplateResult {
  const { replay, finding } = model;
  if (!replay) return html`<header><h1>DMA Lens replay</h1></header>`;
  return html`
    <header>
      <h1>${finding?.message ?? replay.trace?.title ?? "Replay"}</h1>
      ${finding ? ruleLine(model, finding, actions) : nothing}
      <div class="chooser">
        ${model.hosted ? chooserView(model, replay, actions) : html`<p>On ${replay.trace?.platform.title ?? replay.platform}</p>`}
        ${finding && model.hosted ? comparison(model, replay, actions) : nothing}
        ${model.otherRun === undefined ? verdictView(replay) : nothing}
      </div>
      ${model.hosted ? verdicts(model.platforms, replay, actions) : nothing} ${finding && model.hosted ? fixes(model, finding, replay, actions) : nothing}
      ${model.hosted && replay.trace ? shareView(model, actions) : nothing}
    </header>
  `;
}

const chooserView = (model: PanelModel, replay: PanelReplay, actions: PanelActions): TemplateResult =>
  html`<label>
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
        </label>`;

/** While two runs are shown, each has its own. */
const verdictView = (replay: PanelReplay): TemplateResult =>
  html`<p class="verdict verdict-${replay.verdict}" data-part="verdict">
          <span class="mark" aria-hidden="true">${marks[replay.verdict]}</span>
          <strong>${words[replay.verdict]}</strong> <span class="why">${replay.sentence}</span>
        </p>`;

/** Chooses a second run: the same text on another machine, or another text on this one. */
function comparison(model: PanelModel, replay: PanelReplay, actions: PanelActions): TemplateResult {
  const texts: readonly PanelVariant[] = [
    { kind: "as-is" },
    ...(model.finding?.fixes ?? []).map((fix): PanelVariant => ({ kind: "fixed", fix: fix.id })),
  ];
  const choices = [
    ...texts.map((variant) => ({
      comparison: { platform: replay.platform, variant },
      title: `this machine, ${variantName(variant, model.finding)}`,
    })),
    ...model.platforms.map((platform) => ({
      comparison: { platform: platform.id, variant: replay.variant },
      title: platform.title,
    })),
  ].filter(({ comparison }) => !same(comparison, replay));
  const chosen = choices.findIndex(({ comparison }) => same(comparison, model.other));
  return html`<label>
    Beside it
    <select
      aria-label="Beside it"
      @change=${(event: Event) => {
        const picked = event.target instanceof HTMLSelectElement ? choices[Number(event.target.value)] : undefined;
        if (picked === undefined) actions.send({ kind: "compareNone" });
        else actions.send({ kind: "compareWith", ...picked.comparison });
      }}
    >
      <option value="" ?selected=${model.other === undefined}>nothing</option>
      ${choices.map(({ title }, i) => html`<option value=${i} ?selected=${i === chosen}>${title}</option>`)}
    </select>
  </label>`;
}

const same = (a: PanelComparison, b: PanelComparison | undefined): boolean =>
  a.platform === b?.platform && JSON.stringify(a.variant) === JSON.stringify(b.variant);

function ruleLine({ hosted }: PanelModel, finding: PanelFinding, actions: PanelActions): TemplateResult {
  const { rule, range } = finding;
  if (!hosted)
    return html`<p class="rule"><code>${rule}</code> in ${finding.function}(), ${range.file}:${range.line}</p>`;
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

function fixes(model: PanelModel, finding: PanelFinding, replay: PanelReplay, actions: PanelActions): TemplateResult {
  if (replay.variant.kind === "edited")
    return html`<p class="fixes">This run has ${variantName(replay.variant, finding).replace(/^with /, "")}, in memory only.</p>`;
  if (replay.variant.kind === "fixed") {
    const { fix } = replay.variant;
    const title = finding.fixes.find((candidate) => candidate.id === fix)?.title ?? fix;
    return html`<p class="fixes">
      This run has the fix “${title}”.
      <button type="button" @click=${() => actions.send({ kind: "applyFix", fix })}>Apply it</button>
      <button type="button" class="secondary" @click=${() => actions.send({ kind: "replayAsIs" })}>Replay without it</button>
    </p>`;
  }
  const [best] = finding.fixes;
  if (best === undefined) return html``;
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
    ${
      model.other === undefined
        ? html`<button
      type="button"
      class="secondary"
      title="Both runs side by side, step by step: ${best.title}"
      @click=${() =>
        actions.send({
          kind: "compareWith",
          platform: replay.platform,
          variant: { kind: "fixed", fix: best.id },
        })}
    >
      Show the fix beside the bug
    </button>`
        : html`<button type="button" class="secondary" @click=${() => actions.send({ kind: "compareNone" })}>
            Show one run only
          </button>`
    }
  </p>`;
}

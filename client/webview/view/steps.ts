/** All steps as a list: an overview, and a way to jump. */
import { html, type TemplateResult } from "lit";
import type { Run } from "../panel-model.ts";
import type { PanelActions } from "./panel.ts";

const letters = { cpu: "K", user: "A", device: "D", environment: "C" } as const;

export function stepsView(run: Run, current: number, actions: PanelActions): TemplateResult {
  const shown = windowAround(run.steps.length, current);
  return html`<section class="card">
    <h2>Steps</h2>
    <ol class="steps" start=${shown.from + 1}>
      ${run.steps.slice(shown.from, shown.to).map(
        (step) =>
          html`<li>
            <button
              type="button"
              class="step ${step.stale ? "is-stale" : ""}"
              aria-current=${step.index === current ? "step" : "false"}
              @click=${() => {
                actions.go({ to: "step", step: step.index });
                actions.revealStep(step.index, true);
              }}
            >
              <span class="agent agent-${step.agent}" aria-hidden="true">${letters[step.agent]}</span>
              <span class="text">${step.sentences[0] ?? step.code ?? ""}</span>
              ${step.stale ? html`<span class="flag">stale</span>` : ""}
            </button>
          </li>`,
      )}
    </ol>
  </section>`;
}

/** A run may have thousands of steps: only those near the current one are drawn. */
function windowAround(count: number, current: number): { readonly from: number; readonly to: number } {
  const most = 200;
  if (count <= most) return { from: 0, to: count };
  const from = Math.max(0, Math.min(current - most / 2, count - most));
  return { from, to: from + most };
}

/** What happens in a step, in words. */
import { agentNames, type TimelineStep } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";

export function storyView(step: TimelineStep): TemplateResult {
  const [first, ...more] = step.sentences;
  return html`<section class="story ${step.stale ? "is-stale" : ""}" aria-live="polite" aria-atomic="true" tabindex="-1">
    <span class="agent agent-${step.agent}">${agentNames[step.agent]}</span>
    <div>
      <p data-part="sentence">${first ?? ""}</p>
      ${detailsView(more, step.harm !== undefined)}
    </div>
  </section>`;
}

/** What happens within the step. A long list is folded, but the sentence that tells the harm (the last one) stays in sight. */
function detailsView(sentences: readonly string[], harm: boolean): TemplateResult {
  const line = (sentence: string): TemplateResult => html`<p class="more">${sentence}</p>`;
  if (sentences.length <= 2) return html`${sentences.map(line)}`;
  const last = harm ? sentences.at(-1) : undefined;
  const folded = last === undefined ? sentences : sentences.slice(0, -1);
  return html`${last === undefined ? nothing : line(last)}
    <details>
      <summary class="more">${folded.length} things happen within this step</summary>
      ${folded.map(line)}
    </details>`;
}

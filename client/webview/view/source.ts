/** The source around the step's line; a click shows it in the editor. */
import type { TimelineStep, Trace } from "@dma-lens/engine/trace";
import { html, type TemplateResult } from "lit";
import type { PanelActions } from "./panel.ts";

const around = 4;

export function sourceView(trace: Trace, step: TimelineStep, actions: PanelActions, index: number): TemplateResult {
  const range = step.source;
  const source = range && trace.sources.find((candidate) => candidate.file === range.file);
  if (!range || !source) {
    return html`<section class="card">
      <h2>Source</h2>
      <p class="quiet">No line of the driver stands for this step: ${actor(step.agent)}.</p>
    </section>`;
  }
  const from = Math.max(source.firstLine, range.line - around);
  const to = Math.min(source.firstLine + source.lines.length - 1, range.endLine + around);
  const numbers = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  return html`<section class="card">
    <h2>
      Source
      <button type="button" class="link" @click=${() => actions.revealStep(index, true)}>${range.file}:${range.line}</button>
    </h2>
    <pre class="source" tabindex="0" aria-label="Source of this step">${numbers.map((number) => {
      const current = range.line <= number && number <= range.endLine;
      const text = source.lines[number - source.firstLine] ?? "";
      return html`<span class="line ${current ? "is-current" : ""}"
        ><span class="number">${current ? "▶" : " "}${String(number).padStart(5)}</span> ${text.replaceAll("\t", "    ")}
</span>`;
    })}</pre>
  </section>`;
}

const actor = (agent: string): string =>
  agent === "device" ? "the device acts" : agent === "user" ? "the application acts" : "the machine acts by itself";

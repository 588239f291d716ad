/** The panel's keys, for those who look for them. */
import { html, type TemplateResult } from "lit";
import { keyList } from "../keys.ts";

export const keysView = (): TemplateResult =>
  html`<details class="card">
    <summary>Keys</summary>
    <dl>${keyList.map(([keys, what]) => html`<dt><kbd>${keys}</kbd></dt><dd>${what}</dd>`)}</dl>
  </details>`;

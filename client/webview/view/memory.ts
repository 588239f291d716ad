/** The picture: the same bytes in the cache and in RAM, side by side, and who looks at them. */
import type { Trace } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import { type Access, type ByteCell, type CachedCopy, hex, type RowView, spellBytes } from "../memory-rows.ts";

export function memoryView(trace: Trace, rows: readonly RowView[]): TemplateResult {
  const { platform } = trace;
  return html`<section class="card">
    <h2>Cache and memory</h2>
    <p class="quiet">
      ${platform.lineBytes}-byte lines, ${platform.indexing}${
        platform.granuleBytes < platform.lineBytes ? `, dirty per ${platform.granuleBytes} bytes` : ""
      };
      the device ${platform.coherent ? "snoops the cache" : "sees RAM only"}.
    </p>
    <div class="scroll" tabindex="0" role="group" aria-label="Cache and memory, scrollable">
      <table class="memory">
        <caption class="hidden">
          Bytes in the cache and in RAM
        </caption>
        <thead class="hidden">
          <tr>
            <th scope="col">Memory</th>
            <th scope="col">Place</th>
            <th scope="col">Bytes</th>
          </tr>
        </thead>
        ${rows.map(rowView)}
      </table>
    </div>
    <p class="legend quiet">
      <span class="byte" data-stale="false" data-changed="true">11</span> changed now
      <span class="byte is-example" data-changed="false"><span class="not-equal" aria-hidden="true">≠</span>11</span> stale: not the newest value
      <span class="byte" data-stale="false">··</span> not touched
    </p>
  </section>`;
}

/** The cache's bytes stand right above RAM's, so that a difference is seen by looking down. */
function rowView(view: RowView): TemplateResult {
  const { row, copies, memory, accesses } = view;
  const places = Math.max(1, copies.length) + 1;
  return html`<tbody class=${accesses.length > 0 ? "is-touched" : ""}>
    <tr>
      <th scope="rowgroup" rowspan=${places + (accesses.length > 0 ? 1 : 0)}>
        <span class="name">${row.name}</span>
        <span class="quiet">${row.object?.kind ?? ""} ${hex(row.physical)}</span>
      </th>
      ${copies[0] ? copyCells(copies[0]) : html`<td class="place">Cache</td><td class="quiet">not cached</td>`}
    </tr>
    ${copies.slice(1).map((copy) => html`<tr>${copyCells(copy)}</tr>`)}
    <tr>
      <td class="place">RAM</td>
      <td>
        ${bytes(memory)}
        ${view.memoryStale ? html`<span class="tags"><span class="tag">older than the cache</span></span>` : nothing}
      </td>
    </tr>
    ${accesses.length > 0 ? html`<tr><td colspan="2">${accesses.map(accessView)}</td></tr>` : nothing}
  </tbody>`;
}

const copyCells = (copy: CachedCopy): TemplateResult =>
  html`<td class="place">Cache</td>
    <td>
      ${bytes(copy.cells)}
      <span class="tags">
        <span class="tag">${copy.dirty ? "dirty" : "clean"}</span>
        ${copy.stale ? html`<span class="tag is-stale">stale</span>` : nothing}
        ${copy.line.colour === undefined ? nothing : html`<span class="tag">colour ${copy.line.colour}</span>`}
      </span>
    </td>`;

const accessView = (access: Access): TemplateResult =>
  html`<div class="access ${access.stale ? "is-stale" : ""}">
    ${who(access.agent)} ${access.verb} <code>${spellBytes(access.value)}</code>
    <span class="quiet">${access.verb === "reads" ? "from" : "into"} ${place(access.supplier)}</span>
    ${access.stale ? html`<strong>≠ newest <code>${access.expected === undefined ? "?" : spellBytes(access.expected)}</code></strong>` : nothing}
  </div>`;

const place = (supplier: string): string =>
  ({ memory: "RAM", cache: "the cache", "write-buffer": "the write buffer" })[supplier] ?? supplier;

const bytes = (cells: readonly ByteCell[]): TemplateResult =>
  html`<span class="bytes"
    >${cells.map(
      (cell) =>
        html`<span
          class="byte"
          data-stale=${cell.stale ? "true" : "false"}
          data-changed=${cell.changed ? "true" : "false"}
          >${cell.stale ? html`<span class="not-equal" aria-label="stale">≠</span>` : nothing}${cell.text}</span
        >`,
    )}</span
  >`;

const who = (agent: string): string =>
  ({ cpu: "Kernel", user: "App", device: "Device", environment: "Cache" })[agent] ?? agent;

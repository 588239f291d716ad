/** The picture: the same bytes in the cache and in RAM, side by side, and who looks at them. */
import {
  type Access,
  agentNames,
  byteName,
  type ByteCell,
  type BytePlace,
  type CachedCopy,
  hex,
  type RowView,
  spellBytes,
  type Trace,
} from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import { walkBytes } from "../byte-focus.ts";
import type { PanelModel, Run, Side } from "../panel-model.ts";
import { originView } from "./origin.ts";
import type { PanelActions } from "./panel.ts";

/** What the cells of the picture need to know besides their own bytes. */
interface Picture {
  readonly trace: Trace;
  readonly selected: BytePlace | undefined;
  readonly side: Side;
  /** Bytes that are not the same in the other run. */
  readonly differing: ReadonlySet<ByteCell>;
  readonly actions: PanelActions;
}

const none: ReadonlySet<ByteCell> = new Set();

export function memoryView(
  model: PanelModel,
  run: Run,
  rows: readonly RowView[],
  actions: PanelActions,
  side: Side = "left",
  differing: ReadonlySet<ByteCell> = none,
): TemplateResult {
  const { trace } = run.replay;
  const { platform } = trace;
  const selected = model.selected?.side === side ? model.selected.place : undefined;
  const picture: Picture = { trace, selected, side, differing, actions };
  const shown = model.onlyChanges ? rows.filter((row) => row.lively) : rows;
  const hidden = rows.length - shown.length;
  return html`<section class="card">
    <h2>Cache and memory</h2>
    <p class="quiet">
      ${platform.lineBytes}-byte lines, ${platform.indexing}${
        platform.granuleBytes < platform.lineBytes ? `, dirty per ${platform.granuleBytes} bytes` : ""
      };
      the device ${platform.coherent ? "snoops the cache" : "sees RAM only"}.
    </p>
    <div class="scroll" tabindex="0" role="group" aria-label="Cache and memory, scrollable">
      <table class="memory" @keydown=${walkBytes}>
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
        ${shown.map((row) => rowView(row, picture))}
      </table>
    </div>
    ${side === "left" ? onlyChangesView(model, hidden, actions) : nothing}
    ${side === "left" ? legendView(model) : nothing}
    ${originView(model, run, side, actions)}
  </section>`;
}

const onlyChangesView = (model: PanelModel, hidden: number, actions: PanelActions): TemplateResult =>
  html`<p class="quiet">
    <label>
      <input
        type="checkbox"
        .checked=${model.onlyChanges}
        @change=${() => actions.showOnlyChanges(!model.onlyChanges)}
      />
      Only rows that something happens to (u)
    </label>
    <span role="status">${hidden === 0 ? "" : `${hidden} ${hidden === 1 ? "row is" : "rows are"} hidden`}</span>
  </p>`;

const legendView = (model: PanelModel): TemplateResult =>
  html`<p class="legend quiet">
    <span class="byte" data-stale="false" data-changed="true">11</span> changed now
    <span class="byte is-example" data-changed="false"><span class="not-equal" aria-hidden="true">≠</span>11</span>
    stale: not the newest value <span class="byte" data-stale="false">··</span> not touched
    ${
      model.otherRun === undefined
        ? nothing
        : html`<span class="byte" data-differs="true">11</span> not the same in the other run`
    }
  </p>`;

/** The cache's bytes stand right above RAM's, so that a difference is seen by looking down. */
function rowView(view: RowView, picture: Picture): TemplateResult {
  const { row, copies, pending, memory, accesses } = view;
  const places = Math.max(1, copies.length) + 1 + (pending === undefined ? 0 : 1);
  return html`<tbody class=${accesses.length > 0 ? "is-touched" : ""}>
    <tr>
      <th scope="rowgroup" rowspan=${places + (accesses.length > 0 ? 1 : 0)}>
        <span class="name">${row.name}</span>
        <span class="quiet">${row.object?.kind ?? ""} ${hex(row.physical)}</span>
      </th>
      ${copies[0] ? copyCells(copies[0], picture) : html`<td class="place">Cache</td><td class="quiet">not cached</td>`}
    </tr>
    ${copies.slice(1).map((copy) => html`<tr>${copyCells(copy, picture)}</tr>`)}
    ${
      pending === undefined
        ? nothing
        : html`<tr>
            <td class="place">Write buffer</td>
            <td>${bytes(pending, picture)} <span class="tags"><span class="tag">on its way to RAM</span></span></td>
          </tr>`
    }
    <tr>
      <td class="place">RAM</td>
      <td>
        ${bytes(memory, picture)}
        ${
          view.memoryStale
            ? html`<span class="tags"
                ><span class="tag">older than the ${pending === undefined ? "cache" : "write buffer"}</span></span
              >`
            : nothing
        }
      </td>
    </tr>
    ${accesses.length > 0 ? html`<tr><td colspan="2">${accesses.map(accessView)}</td></tr>` : nothing}
  </tbody>`;
}

const copyCells = (copy: CachedCopy, picture: Picture): TemplateResult =>
  html`<td class="place">Cache</td>
    <td>
      ${bytes(copy.cells, picture)}
      <span class="tags">
        <span class="tag">${copy.dirty ? "dirty" : "clean"}</span>
        ${copy.stale ? html`<span class="tag is-stale">stale</span>` : nothing}
        ${copy.line.colour === undefined ? nothing : html`<span class="tag">colour ${copy.line.colour}</span>`}
      </span>
    </td>`;

const accessView = (access: Access): TemplateResult =>
  html`<div class="access ${access.stale ? "is-stale" : ""}">
    ${agentNames[access.agent]} ${access.verb} <code>${spellBytes(access.value)}</code>
    <span class="quiet">${access.verb === "reads" ? "from" : "into"} ${place(access.supplier)}</span>
    ${access.stale ? html`<strong>≠ newest <code>${access.expected === undefined ? "?" : spellBytes(access.expected)}</code></strong>` : nothing}
  </div>`;

const place = (supplier: string): string =>
  ({ memory: "RAM", cache: "the cache", "write-buffer": "the write buffer" })[supplier] ?? supplier;

const bytes = (cells: readonly ByteCell[], picture: Picture): TemplateResult =>
  html`<span class="bytes">${cells.map((cell) => byteView(cell, picture))}</span>`;

function byteView(cell: ByteCell, { trace, selected, side, differing, actions }: Picture): TemplateResult {
  const { place, text, stale, changed } = cell;
  const differs = differing.has(cell);
  const chosen = samePlace(place, selected);
  const where = { memory: "RAM", cache: "cache", buffer: "write buffer" }[place.kind];
  return html`<button
    type="button"
    class="byte"
    tabindex="-1"
    data-stale=${stale ? "true" : "false"}
    data-changed=${changed ? "true" : "false"}
    data-differs=${differs ? "true" : "false"}
    aria-pressed=${chosen ? "true" : "false"}
    aria-label="${where} ${byteName(trace, place.physical)}: ${text === "··" ? "not touched" : text}${stale ? ", stale" : ""}${changed ? ", changed" : ""}${differs ? ", not the same in the other run" : ""}"
    title="Who wrote ${byteName(trace, place.physical)}?"
    @click=${() => actions.select(side, chosen ? undefined : place)}
  >${stale ? html`<span class="not-equal">≠</span>` : nothing}${text}</button>`;
}

function samePlace(a: BytePlace, b: BytePlace | undefined): boolean {
  if (a.kind !== b?.kind || a.physical !== b.physical) return false;
  return a.kind !== "cache" || (b.kind === "cache" && a.set === b.set && a.way === b.way);
}

/** The panel's script: connects the host's messages, the model and the view. */
import { type BytePlace, memoryRows, Replay, timelineOf } from "@dma-lens/engine/trace";
import { render } from "lit";
import { dataElement } from "../shared/export-page.ts";
import {
  isHostMessage,
  type PanelMessage,
  type PanelReplay,
  parsePanelState,
  protocolVersion,
  type Unversioned,
} from "../shared/protocol.ts";
import { focusByte, leaveBytes } from "./byte-focus.ts";
import { type Deed, keyMove, tagOf } from "./keys.ts";
import { keepStepVisible, listFromFor } from "./step-list.ts";
import { isMatch } from "./search.ts";
import { followOrigin, move, type Move } from "./moves.ts";
import {
  emptyModel,
  type PanelModel,
  placeCount,
  receive,
  type Run,
  type Side,
  stepOn,
  stepsAt,
} from "./panel-model.ts";
import { type PanelActions, panelView } from "./view/panel.ts";

interface VsCode {
  postMessage(message: PanelMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCode;

const stepMs = 1500;
/** The run of an exported page: it lies in the page, and there is no editor behind it. */
const exported = document.getElementById(dataElement)?.textContent ?? undefined;
const nobody: VsCode = { postMessage: () => undefined, getState: () => undefined, setState: () => undefined };
const vscode = exported === undefined ? acquireVsCodeApi() : nobody;
const root = document.querySelector<HTMLElement>("#replay");
let model: PanelModel = emptyModel;
let timer: ReturnType<typeof setInterval> | undefined;

const send = (message: Unversioned<PanelMessage>): void => {
  vscode.postMessage({ version: protocolVersion, ...message });
};

const makeRun = (replay: PanelReplay): Run | undefined =>
  replay.trace && {
    replay: new Replay(replay.trace),
    steps: timelineOf(replay.trace),
    rows: memoryRows(replay.trace),
  };

function show(next: PanelModel): void {
  const stepped = next.step !== model.step || next.run !== model.run || next.pairs !== model.pairs;
  model = next;
  if (stepped) model = { ...model, listFrom: listFromFor(root, model) };
  if (model.state) vscode.setState({ ...model.state, step: Math.max(0, stepOn(model, "left")) });
  if (!model.playing && timer !== undefined) {
    clearInterval(timer);
    timer = undefined;
  }
  if (root) {
    render(panelView(model, actions), root);
    if (stepped) keepStepVisible(root, model);
  }
}

function go(where: Move): void {
  const before = model.step;
  show(move(model, where));
  if (model.step !== before) revealStep(model.step, false);
}

/** Shows the line of the steps at a place in the editor; `focus` moves the cursor there too. */
function revealStep(place: number, focus: boolean): void {
  const range = stepsAt(model, place).find(({ step }) => step.source)?.step.source;
  if (range) send({ kind: "reveal", range, focus });
}

function origin(): void {
  const before = model.step;
  show(followOrigin(model));
  if (model.step !== before) revealStep(model.step, false);
}

function togglePlay(): void {
  if (model.playing) {
    show({ ...model, playing: false });
    return;
  }
  const atEnd = model.step >= placeCount(model) - 1;
  show({ ...model, playing: true, step: atEnd ? 0 : model.step });
  timer = setInterval(() => go({ to: "next" }), stepMs);
}

const actions: PanelActions = {
  send,
  go,
  togglePlay,
  revealStep,
  origin,
  select: (side: Side, place: BytePlace | undefined) =>
    show({ ...model, selected: place === undefined ? undefined : { side, place } }),
  search: (query) => {
    show({ ...model, query });
    if (query.trim() !== "" && !isMatch(model, model.step)) go({ to: "nextMatch" });
  },
  showOnlyChanges: (onlyChanges) => show({ ...model, onlyChanges }),
  scrollList: (listFrom) => {
    if (listFrom !== model.listFrom) show({ ...model, listFrom });
  },
};

const perform: Readonly<Record<Deed, () => void>> = {
  play: togglePlay,
  origin,
  bytes: () => focusByte(root),
  leave: () => {
    leaveBytes(root);
    show({ ...model, selected: undefined });
  },
  search: () => root?.querySelector<HTMLElement>("input[type=search]")?.focus(),
  unchanged: () => show({ ...model, onlyChanges: !model.onlyChanges }),
};

window.addEventListener("message", (event: MessageEvent<unknown>) => {
  if (isHostMessage(event.data)) show(receive(model, event.data, makeRun));
});
window.addEventListener("keydown", (event) => {
  const action = keyMove(event, tagOf(event.target));
  if (action === undefined || event.defaultPrevented) return;
  event.preventDefault();
  if (typeof action === "string") perform[action]();
  else go(action);
});

if (exported === undefined) {
  show(model);
  const kept = parsePanelState(vscode.getState());
  send(kept ? { kind: "ready", state: kept } : { kind: "ready" });
} else {
  const message: unknown = JSON.parse(exported);
  if (isHostMessage(message)) show(receive({ ...model, hosted: false }, message, makeRun));
}

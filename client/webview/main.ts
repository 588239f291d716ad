/** The panel's script: connects the host's messages, the model and the view. */
import { type BytePlace, memoryRows, Replay, timelineOf } from "@dma-lens/engine/trace";
import { render } from "lit";
import {
  isHostMessage,
  type PanelMessage,
  type PanelReplay,
  parsePanelState,
  protocolVersion,
  type Unversioned,
} from "../shared/protocol.ts";
import { focusByte, leaveBytes } from "./byte-focus.ts";
import { keyMove, tagOf } from "./keys.ts";
import { emptyModel, followOrigin, move, type Move, type PanelModel, receive, type Run } from "./panel-model.ts";
import { panelView } from "./view/panel.ts";

interface VsCode {
  postMessage(message: PanelMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCode;

const stepMs = 1500;
const vscode = acquireVsCodeApi();
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
  const stepped = next.step !== model.step && next.run !== undefined;
  model = next;
  if (model.state) vscode.setState({ ...model.state, step: model.step });
  if (!model.playing && timer !== undefined) {
    clearInterval(timer);
    timer = undefined;
  }
  if (root) {
    render(panelView(model, { send, go, togglePlay, revealStep, select, origin }), root);
    if (stepped) keepStepVisible(root);
  }
}

/** Scrolls the list of steps and nothing else: the picture must stay where it is. */
function keepStepVisible(within: HTMLElement): void {
  const list = within.querySelector(".steps");
  const item = within.querySelector("[aria-current=step]");
  if (!list || !item) return;
  const outer = list.getBoundingClientRect();
  const inner = item.getBoundingClientRect();
  if (inner.top < outer.top) list.scrollTop += inner.top - outer.top;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom;
}

function go(where: Move): void {
  const before = model.step;
  show(move(model, where));
  if (model.step !== before) revealStep(model.step, false);
}

/** Shows the step's line in the editor; `focus` moves the cursor there too. */
function revealStep(step: number, focus: boolean): void {
  const range = model.run?.steps[step]?.source;
  if (range) send({ kind: "reveal", range, focus });
}

function select(place: BytePlace | undefined): void {
  show({ ...model, selected: place });
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
  const atEnd = model.step >= (model.run?.steps.length ?? 1) - 1;
  show({ ...model, playing: true, step: atEnd ? 0 : model.step });
  timer = setInterval(() => go({ to: "next" }), stepMs);
}

window.addEventListener("message", (event: MessageEvent<unknown>) => {
  if (isHostMessage(event.data)) show(receive(model, event.data, makeRun));
});
window.addEventListener("keydown", (event) => {
  const action = keyMove(event, tagOf(event.target));
  if (action === undefined || event.defaultPrevented) return;
  event.preventDefault();
  if (action === "play") togglePlay();
  else if (action === "origin") origin();
  else if (action === "bytes") focusByte(root);
  else if (action === "leave") {
    leaveBytes(root);
    select(undefined);
  } else go(action);
});

show(model);
const kept = parsePanelState(vscode.getState());
send(kept ? { kind: "ready", state: kept } : { kind: "ready" });

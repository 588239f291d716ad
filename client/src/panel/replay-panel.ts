/** One replay panel: answers its messages, and remembers what it shows. */
import { type Disposable, env, Uri, type WebviewPanel, workspace } from "vscode";
import type { LanguageClient, WorkspaceEdit } from "vscode-languageclient/node";
import {
  type ExportFormat,
  type HostMessage,
  type PanelComparison,
  type PanelMessage,
  type PanelReplay,
  type PanelState,
  type PanelVariant,
  parsePanelMessage,
  protocolVersion,
  type Unversioned,
} from "../../shared/protocol.ts";
import {
  type FindingParams,
  type FixParams,
  type ReplayEditedParams,
  type ReplayParams,
  type ReplayResult,
  type ReplayWithFixParams,
  requests,
} from "../../shared/requests.ts";
import { linkTo } from "./open-link.ts";
import { exportReplay } from "./replay-export.ts";
import { sameUri, SourceLink } from "./source-link.ts";
import { parseTrace } from "./trace-file.ts";

/** What a panel is to show. Without a finding, the URI is a trace file. */
export interface Subject {
  readonly uri: string;
  readonly finding?: string;
  readonly platform?: string;
  readonly variant?: PanelVariant;
  readonly schedule?: string;
  readonly step?: number;
  /** A second run of the finding, beside it. */
  readonly compare?: PanelComparison;
}

type Init = Extract<Unversioned<HostMessage>, { kind: "init" }>;

export interface PanelServices {
  /** The extension's folder. */
  readonly extension: Uri;
  /** Where links lead to: "vscode://dma-lens.dma-lens". */
  readonly linkBase: string;
  client(): Promise<LanguageClient>;
  explainRule(rule: string): Promise<void>;
  log(message: string): void;
}

const asIs: PanelVariant = { kind: "as-is" };

export class ReplayPanel implements Disposable {
  readonly #panel: WebviewPanel;
  readonly #services: PanelServices;
  readonly #link: SourceLink;
  readonly #disposables: { dispose(): unknown }[];
  #subject: Subject | undefined;
  /** All that is shown, as a page that comes back needs it. */
  #shown: Init | undefined;
  /** Whether the page's script runs, so that it hears messages. */
  #ready = false;
  /** Our own edit is under way: the text changes, but nothing is outdated by surprise. */
  #applying = false;
  /** Of the last request: an answer that comes after a newer one is dropped. */
  #turn = 0;

  constructor(panel: WebviewPanel, services: PanelServices, closed: () => void) {
    this.#panel = panel;
    this.#services = services;
    this.#link = new SourceLink((file, line) => this.#post({ kind: "cursor", file, line }));
    this.#disposables = [
      this.#link,
      panel.webview.onDidReceiveMessage((value: unknown) => this.#receive(value)),
      panel.onDidDispose(() => {
        this.dispose();
        closed();
      }),
      panel.onDidChangeViewState(() => {
        if (panel.visible) return;
        // The page of a hidden panel is gone; it says `ready` again when it is shown.
        this.#ready = false;
        this.#link.clear();
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const uri = document.uri.toString();
        const shown = Object.values(this.#link.files).some((file) => sameUri(file, uri));
        if (shown && contentChanges.length > 0 && !this.#applying) {
          this.#post({ kind: "outdated", sentence: "The driver was changed since this run." });
        }
      }),
    ];
  }

  /** Shows another finding, or the same one anew. */
  show(subject: Subject): void {
    this.#subject = subject;
    this.#panel.title = "Replay";
    this.#panel.reveal(undefined, false);
    if (this.#ready) this.#run(() => this.#load(subject));
  }

  dispose(): void {
    for (const disposable of this.#disposables.splice(0)) disposable.dispose();
  }

  #receive(value: unknown): void {
    const message = parsePanelMessage(value);
    if (message === undefined) {
      this.#services.log("the panel sent something that is no message");
      return;
    }
    this.#run(() => this.#answer(message));
  }

  async #answer(message: PanelMessage): Promise<void> {
    switch (message.kind) {
      case "ready": {
        this.#ready = true;
        // A page that comes back from hiding knows its own step; the subject that it kept is the one that we have.
        const subject = this.#subject ?? message.state;
        if (subject !== undefined) await this.#load({ ...subject, ...stepOf(message.state, subject) });
        return;
      }
      case "choosePlatform":
        return this.#execute(message.platform, this.#shown?.replay.variant ?? asIs);
      case "replayWithFix":
        return this.#execute(this.#shown?.replay.platform, { kind: "fixed", fix: message.fix });
      case "replayAsIs":
        return this.#execute(this.#shown?.replay.platform, asIs);
      case "replayEdited": {
        const { toggles } = message;
        return this.#execute(this.#shown?.replay.platform, toggles.length === 0 ? asIs : { kind: "edited", toggles });
      }
      case "compareWith":
        return this.#compare({ platform: message.platform, variant: message.variant });
      case "compareNone":
        return this.#compare(undefined);
      case "applyFix":
        return this.#applyFix(message.fix);
      case "reveal":
        return this.#link.reveal(message);
      case "explainRule":
        return this.#services.explainRule(message.rule);
      case "export":
        return this.#export(message.format, message.to, message.step);
      case "copyLink":
        return this.#copyLink(message.step);
    }
  }

  async #load(subject: Subject): Promise<void> {
    const { finding, step = 0, compare } = subject;
    if (finding === undefined) return this.#loadFile(subject.uri, step);
    const turn = ++this.#turn;
    const result = await this.#ask(subject, finding);
    const other = compare && (await this.#ask({ uri: subject.uri, finding, ...compare }, finding));
    if (turn !== this.#turn) return;
    this.#panel.title = `Replay: ${result.finding.rule.replace(/^dma\//, "")}`;
    this.#start(
      {
        kind: "init",
        finding: result.finding,
        platforms: result.platforms,
        replay: result.replay,
        state: stateOf(subject, result.replay, step),
        toggles: result.toggles,
        ...(other !== undefined && { other: other.replay }),
      },
      { ...other?.files, ...result.files },
    );
  }

  async #loadFile(uri: string, step: number): Promise<void> {
    const file = Uri.parse(uri, true);
    const trace = parseTrace(new TextDecoder().decode(await workspace.fs.readFile(file)));
    const { id, title, coherent } = trace.platform;
    const { verdict, outcome } = trace;
    const replay: PanelReplay = { variant: asIs, platform: id, verdict, sentence: outcome.sentence, trace };
    this.#panel.title = `Replay: ${trace.title}`;
    const platforms = [
      { id, title, tier: "core", coherent, summary: "", verdict, sentence: outcome.sentence },
    ] as const;
    this.#start({ kind: "init", platforms, replay, state: stateOf({ uri }, replay, step) }, {});
  }

  /** Runs the same finding on a platform, as it is or changed, and shows it from its first step. */
  async #execute(platform: string | undefined, variant: PanelVariant): Promise<void> {
    const subject = this.#subject;
    if (subject?.finding === undefined || platform === undefined) return;
    this.#post({ kind: "busy", sentence: "Executing the driver…" });
    const turn = ++this.#turn;
    const { uri, finding, compare } = subject;
    const next: Subject = { uri, finding, platform, variant, ...(compare !== undefined && { compare }) };
    const result = await this.#ask(next, finding);
    if (turn !== this.#turn) return;
    this.#show(next, result);
  }

  /** Shows another run of the same finding. */
  #show(subject: Subject, { replay, platforms, files }: ReplayResult): void {
    if (this.#shown === undefined) return;
    const state = stateOf(subject, replay, 0);
    this.#keep({ ...this.#shown, platforms, replay, state }, { ...this.#link.files, ...files });
    this.#post({ kind: "trace", replay, state });
    this.#post({ kind: "verdicts", variant: replay.variant, platforms });
  }

  /** Shows a second run beside the first; undefined ends it. */
  async #compare(compare: PanelComparison | undefined): Promise<void> {
    const { uri, finding } = this.#subject ?? {};
    if (uri === undefined || finding === undefined) return;
    if (compare !== undefined) this.#post({ kind: "busy", sentence: "Executing the driver a second time…" });
    const turn = ++this.#turn;
    const result = compare && (await this.#ask({ uri, finding, ...compare }, finding));
    if (turn !== this.#turn || this.#shown === undefined) return;
    const { finding: about, platforms, replay, toggles } = this.#shown;
    const { step } = this.#shown.state;
    const state = stateOf({ uri, finding, ...(compare !== undefined && { compare }) }, replay, step);
    const init: Init = {
      kind: "init",
      platforms,
      replay,
      state,
      ...(about !== undefined && { finding: about }),
      ...(toggles !== undefined && { toggles }),
      ...(result !== undefined && { other: result.replay }),
    };
    this.#keep(init, { ...result?.files, ...this.#link.files });
    this.#post({ kind: "compare", state, ...(result !== undefined && { replay: result.replay }) });
  }

  /** Changes the document, and shows the healed run. It is executed first: once the fix is in, the finding is gone. */
  async #applyFix(fix: string): Promise<void> {
    const subject = this.#subject;
    const platform = this.#shown?.replay.platform;
    if (subject?.finding === undefined || platform === undefined) return;
    this.#post({ kind: "busy", sentence: "Applying the fix…" });
    const fixed: Subject = { uri: subject.uri, finding: subject.finding, platform, variant: { kind: "fixed", fix } };
    const healed = await this.#ask(fixed, subject.finding);
    const client = await this.#services.client();
    const params: FixParams = { ...findingParams(subject.uri, subject.finding), fix };
    const answer = await client.sendRequest<WorkspaceEdit>(requests.fix, params);
    const edit = await client.protocol2CodeConverter.asWorkspaceEdit(answer);
    this.#applying = true;
    try {
      if (!(await workspace.applyEdit(edit))) {
        throw new Error("The editor did not take the change: the file was edited meanwhile, or cannot be written.");
      }
    } finally {
      this.#applying = false;
    }
    this.#post({ kind: "applied", fix });
    this.#show(fixed, healed);
  }

  async #ask(subject: Subject, finding: string): Promise<ReplayResult> {
    const client = await this.#services.client();
    const { uri, platform, variant = asIs, schedule } = subject;
    // The server answers for open documents: after a reload the driver may not have been opened yet.
    await workspace.openTextDocument(client.protocol2CodeConverter.asUri(uri));
    const params = findingParams(uri, finding);
    if (variant.kind === "edited" && platform !== undefined) {
      const edited: ReplayEditedParams = { ...params, platform, toggles: variant.toggles };
      return client.sendRequest<ReplayResult>(requests.replayEdited, edited);
    }
    if (variant.kind === "fixed" && platform !== undefined) {
      const withFix: ReplayWithFixParams = { ...params, platform, fix: variant.fix };
      return client.sendRequest<ReplayResult>(requests.replayWithFix, withFix);
    }
    const plain: ReplayParams = {
      ...params,
      ...(platform !== undefined && { platform }),
      ...(schedule !== undefined && { schedule }),
    };
    return client.sendRequest<ReplayResult>(requests.replay, plain);
  }

  async #export(format: ExportFormat, to: "file" | "clipboard", step: number): Promise<void> {
    if (this.#shown === undefined) return;
    const { extension, linkBase } = this.#services;
    const link = linkTo(linkBase, { ...this.#shown.state, step });
    const done = await exportReplay({ run: this.#shown, step, link, extension }, format, to);
    if (done !== undefined) this.#post({ kind: "done", sentence: done });
  }

  async #copyLink(step: number): Promise<void> {
    if (this.#shown === undefined) return;
    const link = linkTo(this.#services.linkBase, { ...this.#shown.state, step });
    if (link === undefined)
      throw new Error("Only a replay of a driver in the workspace has a link; a trace file is a file.");
    await env.clipboard.writeText(link);
    this.#post({ kind: "done", sentence: "The link is in the clipboard: it opens this run at this step." });
  }

  /** Shows all of it from the step in its state. */
  #start(init: Init, files: Readonly<Record<string, string>>): void {
    this.#keep(init, files);
    this.#post(init);
  }

  #keep(init: Init, files: Readonly<Record<string, string>>): void {
    const { uri, finding, platform, variant, schedule, compare } = init.state;
    this.#subject = {
      uri,
      platform,
      variant,
      ...(finding !== undefined && { finding }),
      ...(schedule !== undefined && { schedule }),
      ...(compare !== undefined && { compare }),
    };
    this.#shown = init;
    this.#link.clear();
    this.#link.files = files;
  }

  /** Whatever goes wrong becomes a sentence in the panel. */
  #run(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      const sentence = error instanceof Error ? error.message : String(error);
      this.#services.log(error instanceof Error ? (error.stack ?? sentence) : sentence);
      this.#post({ kind: "failed", sentence });
    });
  }

  #post(message: Unversioned<HostMessage>): void {
    void this.#panel.webview.postMessage({ version: protocolVersion, ...message });
  }
}

function findingParams(uri: string, finding: string): FindingParams {
  return { textDocument: { uri }, finding };
}

function stateOf({ uri, finding, compare }: Subject, replay: PanelReplay, step: number): PanelState {
  return {
    version: protocolVersion,
    uri,
    ...(finding !== undefined && { finding }),
    platform: replay.platform,
    variant: replay.variant,
    ...(replay.trace !== undefined && { schedule: replay.trace.schedule }),
    step,
    ...(compare !== undefined && { compare }),
  };
}

/** The step that a page kept, if it is of the very run that is shown again. */
function stepOf(kept: PanelState | undefined, subject: Subject): Pick<Subject, "step" | "schedule"> {
  if (kept === undefined || kept.uri !== subject.uri || kept.finding !== subject.finding) return {};
  if (subject.platform !== undefined && subject.platform !== kept.platform) return {};
  return { step: kept.step, ...(kept.schedule !== undefined && { schedule: kept.schedule }) };
}

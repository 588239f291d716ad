/** The language server as a process, over stdio, with the fake engine: what the protocol carries, for new clients and old. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import {
  CancellationTokenSource,
  CodeActionResolveRequest,
  CodeLensRequest,
  CodeLensResolveRequest,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  DocumentDiagnosticRequest,
  ExecuteCommandRequest,
  HoverRequest,
  LSPErrorCodes,
  ShowMessageNotification,
} from "vscode-languageserver-protocol/node";
import { writeFileSync } from "node:fs";
import { fileRequests, notifications, requests, type ReplayResult } from "../../client/shared/requests.ts";
import { driver, folderWith } from "./cli-in-process.ts";
import { Editor, modern, old, positionAt } from "./lsp-client.ts";

const mapText = driver["drv/map.c"];
const callRange = { start: { line: 5, character: 8 }, end: { line: 5, character: 23 } };
const fingerprint = "dma/mmap-cached-pgprot:drv_mmap:0";

function openDriver(files: Record<string, string> = driver): { folder: string; map: string; main: string } {
  const folder = folderWith(files);
  const uri = (name: string): string => pathToFileURL(path.join(folder, name)).href;
  return { folder, map: uri("drv/map.c"), main: uri("drv/main.c") };
}

const ours = { commands: true };

describe("a client that pulls", () => {
  test("gets findings with their path and page, takes the fix, and is clean", async () => {
    const { folder, map, main } = openDriver();
    const editor = await Editor.start({ workspaceFolder: folder });
    await editor.open(map, mapText);
    expect(await editor.pull(map)).toEqual([
      {
        range: callRange,
        severity: 1,
        code: "dma/mmap-cached-pgprot",
        codeDescription: { href: "file:///pages/mmap-cached-pgprot.md" },
        source: "dma-lens",
        message: "remap_pfn_range() maps coherent memory cacheable.",
        data: { finding: fingerprint },
        relatedInformation: [
          {
            location: { uri: main, range: { start: { line: 4, character: 7 }, end: { line: 4, character: 25 } } },
            message: "Allocated here.",
          },
        ],
      },
    ]);

    const actions = await editor.actions(map, { start: callRange.start, end: callRange.start });
    expect(actions.map(({ title, kind, isPreferred, edit }) => ({ title, kind, isPreferred, edit }))).toEqual([
      { title: "Use dma_mmap_coherent()", kind: "quickfix", isPreferred: true, edit: undefined },
      { title: "Set pgprot_noncached()", kind: "quickfix", isPreferred: undefined, edit: undefined },
    ]);
    const [first] = actions;
    const resolved = first && (await editor.connection.sendRequest(CodeActionResolveRequest.type, first));
    expect(resolved?.edit?.documentChanges).toMatchObject([{ textDocument: { uri: map, version: 1 } }]);
    await editor.apply(resolved?.edit);
    expect(editor.text(map)).toContain("\treturn dma_mmap_coherent(dev, vma, cpu, dma, size);\n");
    expect(await editor.pull(map)).toEqual([]);
  });

  test("may ask for a tab that it has not opened", async () => {
    const { folder, map } = openDriver();
    const editor = await Editor.start({ workspaceFolder: folder });
    expect(await editor.pull(map)).toMatchObject([{ range: callRange, relatedInformation: [{}] }]);
    expect(await editor.pull(map.replace("map.c", "none.c"))).toEqual([]);
  });

  test("is told when nothing has changed", async () => {
    const { map } = openDriver();
    const editor = await Editor.start();
    await editor.open(map, mapText);
    const textDocument = { uri: map };
    const first = await editor.connection.sendRequest(DocumentDiagnosticRequest.type, { textDocument });
    expect(first.resultId).toBeTypeOf("string");
    await editor.replace(map, "return remap", "return  remap");
    await editor.replace(map, "return  remap", "return remap");
    const again = { textDocument, ...(first.resultId !== undefined && { previousResultId: first.resultId }) };
    const second = await editor.connection.sendRequest(DocumentDiagnosticRequest.type, again);
    expect(second).toEqual({ kind: "unchanged", resultId: first.resultId });
  });

  test("sees what another open document of the unit says, not what the disk says", async () => {
    const { map, main } = openDriver();
    const editor = await Editor.start();
    await editor.open(map, mapText);
    await editor.open(main, driver["drv/main.c"]);
    await editor.replace(main, "int drv_probe", "\n\nint drv_probe");
    const [finding] = await editor.pull(map);
    expect(finding?.relatedInformation?.[0]?.location.range.start).toEqual({ line: 6, character: 7 });
    await editor.close(main);
    const [afterClose] = await editor.pull(map);
    expect(afterClose?.relatedInformation?.[0]?.location.range.start).toEqual({ line: 4, character: 7 });
  });

  test("sees what has changed on the disk", async () => {
    const { folder, map } = openDriver();
    const editor = await Editor.start();
    await editor.open(map, mapText);
    expect(await editor.pull(map)).toHaveLength(1);
    await expect.poll(() => editor.registered).toContain("workspace/didChangeWatchedFiles");
    writeFileSync(path.join(folder, "drv/main.c"), `// longer\n${driver["drv/main.c"]}`);
    const changes = [{ uri: pathToFileURL(path.join(folder, "drv/main.c")).href, type: 2 as const }];
    await editor.connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes });
    await expect.poll(() => editor.refreshes).toBe(1);
    const [finding] = await editor.pull(map);
    expect(finding?.relatedInformation?.[0]?.location.range.start).toEqual({ line: 5, character: 7 });
  });

  test("cancels a pull that a newer edit has made needless", async () => {
    const { map } = openDriver();
    const editor = await Editor.start();
    await editor.open(map, mapText);
    await editor.replace(map, "return", "return ");
    const source = new CancellationTokenSource();
    const pull = editor.connection.sendRequest(
      DocumentDiagnosticRequest.type,
      { textDocument: { uri: map } },
      source.token,
    );
    source.cancel();
    await expect(pull).rejects.toMatchObject({ code: LSPErrorCodes.RequestCancelled });
    expect(await editor.pull(map)).toHaveLength(1);
  });
});

describe("a client that cannot pull", () => {
  test("gets findings published with their version, an edit at once, and an empty list at the end", async () => {
    const { map } = openDriver();
    const editor = await Editor.start({ capabilities: old });
    expect(editor.initialized.capabilities.diagnosticProvider).toBeUndefined();
    await editor.open(map, mapText);
    const first = await editor.nextPublished(map, ({ diagnostics }) => diagnostics.length > 0);
    expect(first).toMatchObject({ version: 1, diagnostics: [{ range: callRange, code: "dma/mmap-cached-pgprot" }] });
    expect(first.diagnostics[0]).not.toHaveProperty("codeDescription");

    const [fix] = await editor.actions(map, callRange);
    expect(fix?.edit?.documentChanges).toBeUndefined();
    await editor.apply(fix?.edit);
    const clean = await editor.nextPublished(map, ({ diagnostics }) => diagnostics.length === 0);
    expect(clean.version).toBe(2);
    await editor.replace(
      map,
      "dma_mmap_coherent(dev, vma, cpu, dma, size);",
      "remap_pfn_range(vma, vma->vm_page_prot);",
    );
    await editor.nextPublished(map, ({ diagnostics }) => diagnostics.length === 1);
    await editor.close(map);
    await editor.nextPublished(map, ({ diagnostics }) => diagnostics.length === 0);
  });

  test("publishes again for the other open documents of a unit", async () => {
    const { map, main } = openDriver();
    const editor = await Editor.start({ capabilities: old });
    await editor.open(map, mapText);
    await editor.open(main, driver["drv/main.c"]);
    await editor.nextPublished(
      map,
      ({ diagnostics }) => diagnostics[0]?.relatedInformation?.[0]?.location.range.start.line === 4,
    );
    await editor.replace(main, "int drv_probe", "\nint drv_probe");
    await editor.nextPublished(
      map,
      ({ diagnostics }) => diagnostics[0]?.relatedInformation?.[0]?.location.range.start.line === 5,
    );
  });

  test("can replay by the server's own command", async () => {
    const { map } = openDriver();
    const editor = await Editor.start({ capabilities: old });
    const [command] = editor.initialized.capabilities.executeCommandProvider?.commands ?? [];
    await editor.open(map, mapText);
    const [lens] = (await editor.connection.sendRequest(CodeLensRequest.type, { textDocument: { uri: map } })) ?? [];
    const resolved = lens && (await editor.connection.sendRequest(CodeLensResolveRequest.type, lens));
    expect(resolved?.command?.command).toBe(command);
    const shown: string[] = [];
    editor.connection.onNotification(ShowMessageNotification.type, ({ message }) => void shown.push(message));
    const trace: unknown = await editor.connection.sendRequest(ExecuteCommandRequest.type, {
      command: command ?? "",
      ...(resolved?.command?.arguments !== undefined && { arguments: resolved.command.arguments }),
    });
    expect(trace).toMatchObject({ version: 1, platform: { id: "arm926" } });
    await expect.poll(() => shown).toEqual(["arm926: A stale byte is read. The app reads a stale byte."]);
  });
});

describe("settings", () => {
  test("are asked for each resource, and again when they change", async () => {
    const { folder, map } = openDriver({ ...driver, "other/map.c": mapText });
    const other = pathToFileURL(path.join(folder, "other/map.c")).href;
    let severity = "hint";
    const settings = (uri?: string): unknown =>
      uri === other
        ? { rules: { "dma/mmap-cached-pgprot": "off" } }
        : { rules: { "dma/mmap-cached-pgprot": severity } };
    const editor = await Editor.start({ settings });
    await editor.open(map, mapText);
    await editor.open(other, mapText);
    expect((await editor.pull(map))[0]?.severity).toBe(4);
    expect(await editor.pull(other)).toEqual([]);
    severity = "warning";
    await editor.connection.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    await expect.poll(() => editor.refreshes).toBe(1);
    expect((await editor.pull(map))[0]?.severity).toBe(2);
  });

  test("come with initialize or a notification from clients that cannot be asked", async () => {
    const { map } = openDriver();
    const editor = await Editor.start({ capabilities: old, initializationOptions: { dmaLens: { enable: false } } });
    await editor.open(map, mapText);
    await editor.nextPublished(map, ({ diagnostics }) => diagnostics.length === 0);
    const settings = { dmaLens: { enable: true } };
    await editor.connection.sendNotification(DidChangeConfigurationNotification.type, { settings });
    await editor.nextPublished(map, ({ diagnostics }) => diagnostics.length === 1);
  });

  test("that make no sense are ignored one by one", async () => {
    const { map } = openDriver();
    const settings = (): unknown => ({ enable: "no", rules: ["x"], preview: 1, platforms: "all", codeLens: null });
    const editor = await Editor.start({ settings });
    await editor.open(map, mapText);
    expect(await editor.pull(map)).toHaveLength(1);
  });
});

describe("lens, hover and proof", () => {
  test("the lens stands above the function, and names the platform that was shown to do harm", async () => {
    const { map } = openDriver();
    const editor = await Editor.start({ initializationOptions: ours });
    await editor.open(map, mapText);
    const lenses = await editor.connection.sendRequest(CodeLensRequest.type, { textDocument: { uri: map } });
    expect(lenses).toMatchObject([{ range: { start: { line: 3, character: 11 } } }]);
    const [lens] = lenses ?? [];
    const resolved = lens && (await editor.connection.sendRequest(CodeLensResolveRequest.type, lens));
    expect(resolved?.command).toEqual({
      title: "Replay on ARM926EJ-S",
      command: "dmaLens.replay",
      arguments: [map, fingerprint, "arm926"],
    });
  });

  test("the lens can be switched off, and tells where there is no harm", async () => {
    const { folder, map } = openDriver({ ...driver, "other/map.c": mapText });
    const other = pathToFileURL(path.join(folder, "other/map.c")).href;
    const settings = (uri?: string): unknown =>
      uri === other ? { codeLens: { enable: false } } : { platforms: ["x86_64", "no-such"] };
    const editor = await Editor.start({ initializationOptions: ours, settings });
    await editor.open(map, mapText);
    await editor.open(other, mapText);
    const [lens] = (await editor.connection.sendRequest(CodeLensRequest.type, { textDocument: { uri: map } })) ?? [];
    const resolved = lens && (await editor.connection.sendRequest(CodeLensResolveRequest.type, lens));
    expect(resolved?.command?.title).toBe("Replay on x86-64 PC: no harm there");
    expect(await editor.connection.sendRequest(CodeLensRequest.type, { textDocument: { uri: other } })).toEqual([]);
  });

  test("hover tells an API's contract, and a finding's verdicts", async () => {
    const { map, main } = openDriver();
    const editor = await Editor.start();
    await editor.open(map, mapText);
    await editor.open(main, driver["drv/main.c"]);
    const hoverOn = async (uri: string, word: string): Promise<unknown> => {
      const position = positionAt(editor.text(uri), editor.text(uri).indexOf(word) + 2);
      const hover = await editor.connection.sendRequest(HoverRequest.type, { textDocument: { uri }, position });
      return hover?.contents;
    };
    expect(await hoverOn(main, "dma_alloc_coherent")).toMatchInlineSnapshot(`
      {
        "kind": "markdown",
        "value": "\`\`\`c
      void *dma_alloc_coherent(dev)
      \`\`\`
      - Gives: cpu:coherent
      - On failure: returns NULL
      - Mind: never virt_to_page() of it \\| dma_alloc_coherent
      - \`dev\`: the device that does the DMA; the device itself
      - Since: 2.6

      *linux 6.12, include/linux/dma-mapping.h:472*",
      }
    `);
    expect(await hoverOn(map, "remap_pfn_range")).toMatchInlineSnapshot(`
      {
        "kind": "markdown",
        "value": "\`\`\`c
      void *remap_pfn_range(dev)
      \`\`\`
      - Gives: cpu:coherent
      - On failure: returns NULL
      - Mind: never virt_to_page() of it \\| remap_pfn_range
      - \`dev\`: the device that does the DMA; the device itself
      - Since: 2.6

      *linux 6.12, include/linux/dma-mapping.h:472*

      ---

      [dma/mmap-cached-pgprot](file:///pages/mmap-cached-pgprot.md), executed on the simulated machines:

      | platform | harm | why |
      |---|---|---|
      | ARM926EJ-S | **sometimes** | A stale byte is read. |
      | x86-64 PC | **never** | Nothing goes stale. |",
      }
    `);
    expect(await hoverOn(main, "drv_probe")).toBeUndefined();
  });

  test("replay, replay with the fix, prove, and the fix's edit", async () => {
    const { folder, map, main } = openDriver();
    const editor = await Editor.start({ initializationOptions: ours, workspaceFolder: folder });
    await editor.open(map, mapText);
    const params = { textDocument: { uri: map }, finding: fingerprint };
    const replay: ReplayResult = await editor.connection.sendRequest(requests.replay, params);
    expect(replay.replay).toMatchObject({ variant: { kind: "as-is" }, platform: "arm926", verdict: "sometimes" });
    expect(replay.replay.trace?.outcome.kind).toBe("harm");
    expect(replay.platforms.map(({ id, verdict }) => [id, verdict])).toEqual([
      ["arm926", "sometimes"],
      ["x86_64", "never"],
    ]);
    expect(replay.files).toEqual({ "drv/map.c": map, "drv/main.c": main });
    expect(replay.finding.path[0]).toMatchObject({ range: { file: "drv/main.c", line: 5, column: 8 } });

    const exact: ReplayResult = await editor.connection.sendRequest(requests.replay, {
      ...params,
      platform: "x86_64",
      schedule: "d1c2",
    });
    expect(exact.replay.trace).toMatchObject({ schedule: "d1c2", platform: { id: "x86_64" } });
    const healed: ReplayResult = await editor.connection.sendRequest(requests.replayWithFix, {
      ...params,
      platform: "arm926",
      fix: "helper",
    });
    expect(healed.replay).toMatchObject({ variant: { kind: "fixed", fix: "helper" }, verdict: "never" });
    expect(replay.toggles).toMatchObject([
      { id: "drop:drv_mmap:first:0", what: "sync", range: { file: "drv/map.c", line: 1 } },
    ]);
    const edited: ReplayResult = await editor.connection.sendRequest(requests.replayEdited, {
      ...params,
      platform: "arm926",
      toggles: ["drop:drv_mmap:first:0"],
    });
    const variant = { kind: "edited", toggles: ["drop:drv_mmap:first:0"] };
    expect(edited.replay).toMatchObject({ variant, platform: "arm926", verdict: "never" });
    const gone = { ...params, platform: "arm926", toggles: ["drop:drv_mmap:second:0"] };
    await expect(editor.connection.sendRequest(requests.replayEdited, gone)).rejects.toThrow(
      /not in the source any more/,
    );
    expect(await editor.connection.sendRequest(requests.prove, { ...params, fix: "helper" })).toMatchObject({
      platforms: [
        { id: "arm926", verdict: "never" },
        { id: "x86_64", verdict: "never" },
      ],
    });
    expect(await editor.connection.sendRequest(requests.findings, { textDocument: { uri: map } })).toMatchObject({
      findings: [{ fingerprint, provable: true, range: { file: "drv/map.c", line: 6 } }],
    });
    await editor.apply(await editor.connection.sendRequest(requests.fix, { ...params, fix: "helper" }));
    await expect(editor.connection.sendRequest(requests.replay, params)).rejects.toThrow(
      "This finding is not in the source any more.",
    );
  });

  test.each([
    [undefined],
    [{}],
    [{ textDocument: "x" }],
    [{ textDocument: { uri: "file:///none.c" }, finding: "x" }],
    [[1, 2]],
  ])("the request for a replay with %j fails with a sentence", async (params) => {
    const editor = await Editor.start();
    await expect(editor.connection.sendRequest(requests.replay, params)).rejects.toThrow(/missing|not in the source/);
  });
});

describe("robustness", () => {
  test("an error of the engine is a line in the log; the server goes on", async () => {
    const { map } = openDriver();
    const editor = await Editor.start({ initializationOptions: ours });
    await editor.open(map, `#pragma throw\n${mapText}`);
    expect(await editor.pull(map)).toEqual([]);
    expect(await editor.actions(map, callRange)).toEqual([]);
    expect(editor.log.join("\n")).toContain("diagnostic failed: Error: the fake engine was told to throw");
    const replay = editor.connection.sendRequest(requests.replay, { textDocument: { uri: map }, finding: fingerprint });
    await expect(replay).rejects.toThrow("inside DMA Lens");
    await editor.replace(map, "#pragma throw\n", "");
    expect(await editor.pull(map)).toHaveLength(1);
  });

  test("documents of other languages, headers and unknown documents have no findings", async () => {
    const { folder } = openDriver();
    const editor = await Editor.start();
    const header = pathToFileURL(path.join(folder, "drv/drv.h")).href;
    const script = pathToFileURL(path.join(folder, "drv/app.ts")).href;
    await editor.open(header, mapText);
    await editor.open(script, mapText, "typescript");
    expect(await editor.pull(header)).toEqual([]);
    expect(await editor.pull(script)).toEqual([]);
    await editor.replace(script, "#include", 'import {} from "dma-lens/kernel"; //');
    expect(await editor.pull(script)).toHaveLength(1);
  });

  test("untitled documents are checked by themselves", async () => {
    const editor = await Editor.start();
    await editor.open("untitled:Untitled-1", mapText);
    expect(await editor.pull("untitled:Untitled-1")).toMatchObject([{ range: callRange }]);
  });

  test("files of a virtual workspace are read through the client", async () => {
    const editor = await Editor.start({ initializationOptions: { files: true } });
    const files = new Map(Object.entries(driver).map(([name, text]) => [`vscode-vfs://github/o/r/${name}`, text]));
    const read = ({ uri }: { uri: string }): string | null => files.get(uri) ?? null;
    editor.connection.onRequest(fileRequests.read, read);
    editor.connection.onRequest(fileRequests.stamp, read);
    editor.connection.onRequest(fileRequests.list, ({ uri }: { uri: string }) =>
      [...files.keys()].filter((name) => name.startsWith(`${uri}/`)).map((name) => path.posix.basename(name)),
    );
    const map = "vscode-vfs://github/o/r/drv/map.c";
    await editor.open(map, mapText);
    expect(await editor.pull(map)).toMatchObject([
      { relatedInformation: [{ location: { uri: "vscode-vfs://github/o/r/drv/main.c" } }] },
    ]);
  });

  test("odd names: spaces, letters beyond ASCII, a percent sign", async () => {
    const folder = folderWith({ "d é %41/map ü.c": mapText, "d é %41/main.c": driver["drv/main.c"] });
    const editor = await Editor.start({ workspaceFolder: folder });
    const uri = pathToFileURL(path.join(folder, "d é %41/map ü.c")).href;
    await editor.open(uri, mapText);
    expect(await editor.pull(uri)).toMatchObject([{ relatedInformation: [{}] }]);
  });

  test("an open text over the limit is a gap, and tells so", async () => {
    const { map } = openDriver();
    const editor = await Editor.start({ initializationOptions: ours });
    const status: unknown[] = [];
    editor.connection.onNotification(notifications.status, (params) => void status.push(params));
    await editor.open(map, `${mapText}//${"x".repeat(3 * 1024 * 1024)}`);
    expect(await editor.pull(map)).toEqual([]);
    await expect.poll(() => status).toMatchObject([{ uri: map, findings: 0, gaps: 1 }]);
  });

  test("a request before any document, and shutdown, leave no error behind", async () => {
    const editor = await Editor.start({ capabilities: modern });
    expect(await editor.pull("file:///nowhere/x.c")).toEqual([]);
    await editor.stop();
    expect(editor.log).toEqual([]);
  });
});

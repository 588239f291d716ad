/** The extension in a real extension host, on the sample driver: the same suite under code-server and a desktop VS Code. */
import assert from "node:assert";
import * as vscode from "vscode";

const source = "dma-lens";

async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  limitMs = 20_000,
): Promise<T> {
  for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`timed out waiting for ${what}`);
}

const ours = (uri: vscode.Uri): vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(uri).filter((diagnostic) => diagnostic.source === source);
const ruleOf = (diagnostic: vscode.Diagnostic): string =>
  typeof diagnostic.code === "object" ? String(diagnostic.code.value) : String(diagnostic.code);

async function open(name: string): Promise<vscode.TextDocument> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, "a folder is open");
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, name));
  await vscode.window.showTextDocument(document);
  return document;
}

const found = (document: vscode.TextDocument, rule: string): Promise<vscode.Diagnostic> =>
  until(`${rule} in ${document.fileName}`, () => ours(document.uri).find((diagnostic) => ruleOf(diagnostic) === rule));

suite("sample driver", () => {
  test("reports the mmap of coherent memory with its path across files", async () => {
    const document = await open("sampler-data.c");
    const diagnostic = await found(document, "dma/mmap-dma-handle-as-pfn");
    assert.strictEqual(document.getText(diagnostic.range), "remap_pfn_range");
    assert.ok(typeof diagnostic.code === "object" && diagnostic.code.target.path.endsWith(".md"), "links to its page");
    const allocation = diagnostic.relatedInformation?.find((step) =>
      step.location.uri.path.endsWith("/sampler-main.c"),
    );
    assert.ok(allocation, "the path begins where the ring is allocated, in the other file");
  });

  test("reports the write to a buffer that the device owns", async () => {
    const document = await open("sampler-data.c");
    const diagnostic = await found(document, "dma/cpu-access-while-mapped");
    assert.match(document.lineAt(diagnostic.range.start.line).text, /s->command\[1\] = argument/);
  });

  test("offers dma_mmap_coherent() as the preferred fix, and pgprot_noncached() to be reviewed", async () => {
    const document = await open("sampler-data.c");
    const diagnostic = await found(document, "dma/mmap-dma-handle-as-pfn");
    // A request that meets a text change or a busy server is answered with nothing, and the workbench asks again: so do we.
    const actions = await until("the quick fixes", async () => {
      const offered = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        "vscode.executeCodeActionProvider",
        document.uri,
        diagnostic.range,
        vscode.CodeActionKind.QuickFix.value,
        10,
      );
      return offered.some((action) => action.isPreferred) ? offered : undefined;
    });
    const titles = actions.map((action) => action.title);
    const preferred = actions.find((action) => action.isPreferred);
    assert.match(preferred?.title ?? titles.join(), /dma_mmap_coherent\(\)/);
    assert.ok(
      titles.some((title) => title.includes("pgprot_noncached")),
      titles.join(),
    );
    assert.ok(preferred?.edit, "the edit came with resolve");
    assert.ok(await vscode.workspace.applyEdit(preferred.edit));
    assert.match(
      document.getText(),
      /return dma_mmap_coherent\(s->dev, vma, s->ring, s->ring_dma, SAMPLER_RING_BYTES\);/,
    );
    await until("the finding to go", () =>
      ours(document.uri).some((item) => ruleOf(item).includes("mmap")) ? undefined : true,
    );
    await vscode.commands.executeCommand("workbench.action.files.revert");
  });

  test("follows an edit as it is typed", async () => {
    const document = await open("sampler-data.c");
    await found(document, "dma/cpu-access-while-mapped");
    const line = document.getText().indexOf("\ts->command[1] = argument;\n");
    const edit = new vscode.WorkspaceEdit();
    edit.delete(document.uri, new vscode.Range(document.positionAt(line), document.positionAt(line + 27)));
    assert.ok(await vscode.workspace.applyEdit(edit));
    await until("the finding to go", () =>
      ours(document.uri).some((item) => ruleOf(item) === "dma/cpu-access-while-mapped") ? undefined : true,
    );
    await vscode.commands.executeCommand("workbench.action.files.revert");
    await found(document, "dma/cpu-access-while-mapped");
  });

  test("explains an API name on hover", async () => {
    const document = await open("sampler-main.c");
    const at = document.positionAt(document.getText().indexOf("dma_alloc_coherent") + 3);
    const text = await until("a hover", async () => {
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        "vscode.executeHoverProvider",
        document.uri,
        at,
      );
      const all = hovers.flatMap((hover) =>
        hover.contents.flatMap((part) => (part instanceof vscode.MarkdownString ? [part.value] : [])),
      );
      return all.find((part) => part.includes("dma_alloc_coherent"));
    });
    assert.match(text, /coherent/);
  });

  test("has a code lens that replays the finding, and opens the panel", async () => {
    const document = await open("sampler-data.c");
    await found(document, "dma/mmap-dma-handle-as-pfn");
    const lens = await until("the lens", async () => {
      const all = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        "vscode.executeCodeLensProvider",
        document.uri,
        20,
      );
      return all.find((item) => item.command?.title.startsWith("Replay"));
    });
    assert.ok(lens.command);
    await vscode.commands.executeCommand(lens.command.command, ...((lens.command.arguments ?? []) as unknown[]));
    await until("the panel's tab", () =>
      vscode.window.tabGroups.all.flatMap((group) => group.tabs).find((tab) => tab.label.includes("Replay")),
    );
  });

  test("lints a TypeScript snippet", async () => {
    const document = await open("snippets/mmap-coherent.ts");
    await until("a finding", () => ours(document.uri)[0]);
  });
});

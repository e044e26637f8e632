import { mkdirSync, writeFileSync } from "node:fs";
import { compileContracts, generateFiles } from "./compile.ts";

const target = new URL("../generated/", import.meta.url);
mkdirSync(target, { recursive: true });
const compiled = compileContracts();
for (const [name, text] of Object.entries(generateFiles(compiled))) writeFileSync(new URL(name, target), text);
for (const [name, { codeBytes }] of Object.entries(compiled.contracts)) {
  process.stdout.write(`${name}: ${codeBytes} bytes of code\n`);
}

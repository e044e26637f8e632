// npm run kernels -w @cairn/proofs: writes generated/SOURCE.ts beside each SOURCE.as.ts named.
import { mkdir, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { compileKernel, kernelModule } from "./compile-kernel.ts";

for (const path of process.argv.slice(2)) {
  const source = pathToFileURL(path);
  const target = new URL(`generated/${basename(source.pathname).replace(/\.as\.ts$/, ".ts")}`, source);
  await mkdir(new URL(".", target), { recursive: true });
  await writeFile(target, kernelModule(await compileKernel(source), source));
}

// node bin/run.mjs kernels: writes generated/SOURCE.ts beside each SOURCE.as.ts.
import { mkdir, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { compileKernel, kernelModule } from "./compile-kernel.ts";

/** From the folder of packages on. */
const KERNELS = [
  "proofs/src/kernels/tree.as.ts",
  "proofs/src/heartbeat/kernels/sigma.as.ts",
  "archive/src/crypto/kernels/cipher.as.ts",
  "archive/src/erasure/kernels/galois.as.ts",
];

for (const path of KERNELS) {
  const source = new URL(`../../../${path}`, import.meta.url);
  const target = new URL(`generated/${basename(source.pathname).replace(/\.as\.ts$/, ".ts")}`, source);
  await mkdir(new URL(".", target), { recursive: true });
  await writeFile(target, kernelModule(await compileKernel(source), source));
}

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import asc from "assemblyscript/asc";

/** Compile one AssemblyScript kernel. Memory is imported from the host; SIMD and relaxed SIMD are on. Throws with the compiler's own message. */
export async function compileKernel(source: URL): Promise<Uint8Array> {
  const entry = basename(source.pathname);
  const text = await readFile(source, "utf8");
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      entry,
      "--outFile",
      "kernel.wasm",
      "-O3",
      "--noAssert",
      "--runtime",
      "stub",
      "--importMemory",
      "--enable",
      "simd",
      "--enable",
      "relaxed-simd",
    ],
    {
      readFile: (name: string) => (name === entry ? text : null),
      writeFile: (_name: string, contents: string | Uint8Array) => {
        if (typeof contents !== "string") wasm = contents;
      },
      listFiles: () => null,
    },
  );
  if (error !== null || wasm === undefined)
    throw new Error(`${entry} does not compile: ${stderr.toString()}`, { cause: error });
  return wasm;
}

/** The generated TypeScript module that carries a compiled kernel. */
export function kernelModule(wasm: Uint8Array, source: URL): string {
  const base64 = Buffer.from(wasm).toString("base64");
  const lines = base64.match(/.{1,116}/g) ?? [];
  return `// Generated from ${basename(source.pathname)} by build-kernel.ts; do not edit.\nexport const WASM_BASE64 =\n${lines.map((line) => `  "${line}"`).join(" +\n")};\n`;
}

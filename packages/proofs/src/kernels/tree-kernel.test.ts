import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { compileKernel, kernelModule } from "./compile-kernel.ts";

describe("the committed tree kernel", () => {
  it("is what its source compiles to", async () => {
    const source = new URL("tree.as.ts", import.meta.url);
    const committed = await readFile(new URL("generated/tree.ts", import.meta.url), "utf8");
    expect(kernelModule(await compileKernel(source), source)).toBe(committed);
  });
});

describe("compileKernel", () => {
  it("says what is wrong with a source that does not compile", async () => {
    const broken = new URL(`data:text/plain,export function f(): i32 { return missing; }`);
    await expect(compileKernel(broken)).rejects.toThrow();
  });
});

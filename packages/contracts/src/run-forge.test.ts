import { expect, it } from "vitest";
import { runForge } from "./run-forge.ts";

interface Suite {
  test_results: Record<string, { status: "Success" | "Failure" | "Skipped"; reason: string | null }>;
}

it("passes every forge test", { timeout: 600_000 }, async () => {
  const { exitCode, stdout, stderr } = await runForge(["test", "--json"]);
  expect(stdout, stderr).toMatch(/^\{/m);
  const suites = JSON.parse(stdout.slice(stdout.indexOf("{"))) as Record<string, Suite>;
  const results = Object.entries(suites).flatMap(([suite, { test_results }]) =>
    Object.entries(test_results).map(([name, result]) => ({ name: `${suite} ${name}`, ...result })),
  );
  const failed = results.filter(({ status }) => status !== "Success");
  process.stdout.write(`forge: ${results.length - failed.length} passed, ${failed.length} failed\n`);
  expect(failed).toEqual([]);
  expect(results.length).toBeGreaterThan(100);
  expect(exitCode).toBe(0);
});

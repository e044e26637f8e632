// npm test: the static checks, then every test. npm test -- PATH: only the tests there.
import { exitWithParent } from "@cairn/process";
import { ensurePrograms } from "./ensure-programs.ts";
import { runVitest } from "./run-vitest.ts";
import { conclude, runStaticChecks } from "./static-checks.ts";

/** When a run is given up. On two idle cores the whole takes about twelve minutes. */
const LONGEST_SECONDS = 2700;

exitWithParent();
const began = performance.now();
const args = process.argv.slice(2);
ensurePrograms();
const checks = args.length === 0 ? await runStaticChecks() : { passed: 0, failed: 0 };
const tests = await runVitest(args, LONGEST_SECONDS - (performance.now() - began) / 1000);
conclude({ passed: checks.passed + tests.passed, failed: checks.failed + tests.failed });

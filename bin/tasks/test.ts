// npm test: the static checks, then every test. npm test -- PATH: only the tests there.
import { exitWithParent } from "@cairn/process";
import { ensurePrograms } from "./ensure-programs.ts";
import { runVitest } from "./run-vitest.ts";
import { conclude, runStaticChecks } from "./static-checks.ts";

/** When a run is given up: a slow machine takes several times as long as an idle one. */
const LONGEST_SECONDS = 4500;

exitWithParent();
const began = performance.now();
const args = process.argv.slice(2);
ensurePrograms();
const checks = args.length === 0 ? await runStaticChecks() : { passed: 0, failed: 0 };
const tests = await runVitest(args, LONGEST_SECONDS - (performance.now() - began) / 1000);
conclude({ passed: checks.passed + tests.passed, failed: checks.failed + tests.failed });

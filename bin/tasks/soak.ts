// npm run soak [-- PATH]: the long runs under soak/, hours if need be.
import { exitWithParent } from "@cairn/process";
import { ensurePrograms } from "./ensure-programs.ts";
import { runVitest } from "./run-vitest.ts";
import { conclude } from "./static-checks.ts";

const LONGEST_SECONDS = 12 * 3600;

exitWithParent();
ensurePrograms();
conclude(await runVitest(["--config", "soak/vitest.config.ts", ...process.argv.slice(2)], LONGEST_SECONDS));

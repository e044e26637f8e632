// npm run check: the static checks alone.
import { exitWithParent } from "@cairn/process";
import { conclude, runStaticChecks } from "./static-checks.ts";

exitWithParent();
conclude(await runStaticChecks());

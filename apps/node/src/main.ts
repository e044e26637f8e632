import { buildProgram } from "./cli/build-program.ts";
import { runProgram } from "./cli/run-program.ts";

await runProgram(buildProgram());

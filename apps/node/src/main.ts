import { buildProgram } from "./cli/build-program.ts";
import { keepThroughHangUp } from "./cli/hang-up.ts";
import { runProgram } from "./cli/run-program.ts";

keepThroughHangUp();
await runProgram(buildProgram());

import { buildProgram } from "./build-program.ts";
import { keepThroughHangUp } from "./hang-up.ts";
import { runProgram } from "./run-program.ts";

keepThroughHangUp();
await runProgram(buildProgram());

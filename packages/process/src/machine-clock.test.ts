import { setTimeout as delay } from "node:timers/promises";
import { clockSuite } from "@cairn/core/ports/clock.suite";
import { machineClock } from "./machine-clock.ts";

clockSuite("the machine's", () => ({ clock: machineClock, pass: (seconds) => delay(seconds * 1000) }));

import { randomBytes } from "node:crypto";
import type { Random } from "@cairn/core";

/** Secret random bytes of the machine. */
export const machineRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };

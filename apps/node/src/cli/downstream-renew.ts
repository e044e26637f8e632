import { openBeats, renewBeats } from "@cairn/doors/downstream";
import { machineRandom } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { downstreamDirectory } from "../downstream/settings-file.ts";
import { withDownstreamDatabase } from "../downstream/with-database.ts";
import { homeAt } from "../home/home.ts";
import { createOutput } from "./output.ts";
import type { CommonOptions } from "./session.ts";

/** End all contracts and go on with the heartbeat that the home has now, after the one before was lost. */
export async function renew(options: CommonOptions): Promise<void> {
  const home = homeAt(options.home);
  const output = createOutput(options);
  const ended = await withDownstreamDatabase(home, async ({ pool, running }) => {
    if (running) {
      throw new CairnError("the verification node is running", {
        code: "downstream-running",
        kind: "conflict",
        next: "Stop it, then run this command again.",
      });
    }
    return renewBeats(pool, await openBeats(downstreamDirectory(home), machineRandom));
  });
  output.result({ ended });
  output.say(`${ended} contracts ended. Farmers keep their tokens and get new chunks.`);
}

import type { PackageId } from "@cairn/protocol";
import type { Context } from "./context.ts";
import { packageStatus } from "./package-status.ts";
import { applyToEach } from "./slot-events.ts";
import { loadSlots } from "./slot-rows.ts";
import type { PackageDetail } from "./types.ts";

/** Have everything that waits tried again now, but for quotes that the money did not reach for: each reserves space. */
export async function resumePackage(context: Context, { id }: { id: PackageId }): Promise<PackageDetail> {
  const waiting = (await loadSlots(context.pool, id)).filter((slot) => slot.state.dueAt > 0);
  if (waiting.length > 0) await applyToEach(context, id, waiting, () => ({ type: "resume" }));
  context.wake(id);
  return packageStatus(context, { id });
}

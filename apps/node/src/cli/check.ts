import { counted, formatBytes } from "./format.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { table } from "./output.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";
import { showStages } from "./show-stages.ts";

export interface CheckOptions extends CommonOptions {
  full?: boolean;
}

const NAMED = 8;

/** A fixity check now: every holder re-reads its shard and proves 300 leaves; --full streams every shard and recomputes CommP. */
export async function check(target: string, options: CheckOptions): Promise<void> {
  const session = await openSession(options);
  const { output } = session;
  const ports = ownerPorts(session, await requireOwner(session.home));
  const stages = showStages(output, { checking: ["Shards checked", "items"] });
  const { checkPackage } = await import("@cairn/owner/check-package");
  const { result, unchecked, fault } = await interruptible((signal) => {
    const checking = checkPackage(ports, {
      ...{ target, full: options.full, signal },
      onEvent(event) {
        stages(event);
        if (event.type !== "tree-unreadable") return;
        output.say(`Where ${event.path} lies cannot be read (${event.reason}): the whole package is checked.`);
      },
    });
    return untilInterrupted(signal, checking);
  });
  output.result(result);
  const rows = result.shards.map((one) => [
    ...[String(one.piece), String(one.shard), one.provider, one.result, formatBytes(one.checkedBytes), one.detail],
  ]);
  output.say(table(["piece", "shard", "provider", "result", "read", "detail"], rows));
  if (unchecked.length > 0) {
    const named = unchecked.slice(0, NAMED).map(({ piece, shard }) => `shard ${shard} of piece ${piece}`);
    const more = unchecked.length > NAMED ? ` and ${unchecked.length - NAMED} more` : "";
    output.say(`Not checked, as nobody holds them under an active deal: ${named.join(", ")}${more}`);
  }
  if (fault !== undefined) throw fault;
  output.say(`Sound: ${counted(result.shards.length, "shard")}.`);
}

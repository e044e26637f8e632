import { displayName } from "@cairn/archive/names";
import { type RecoverEvent, recoverPackages } from "@cairn/owner/recover-packages";
import { counted } from "./format.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

/**
 * Find the account's packages on the chain and take them into this gateway's catalogue again.
 * @throws CairnError `recover-incomplete` once all have been tried, when some could not be recovered
 */
export async function recover(options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const { output, token } = session;
  const ports = ownerPorts(session, await requireOwner(session.home));
  const onEvent = (event: RecoverEvent) => output.say(wordsOf(event));
  const { fault, ...recovered } = await recoverPackages(ports, { token, onEvent });
  output.result(recovered);
  if (fault !== undefined) throw fault;
}

export function wordsOf(event: RecoverEvent): string {
  if (event.type === "found") {
    return `Found ${counted(event.packages, "package")} on the chain; ${event.known} known here.`;
  }
  if (event.type === "not-recovered") {
    return `Not recovered: ${event.documentHash.slice(0, 12)}…, ${event.error.message}`;
  }
  const words = event.ending ? ", whose deals end: its owner gave notice" : "";
  return `Recovered ${displayName(event.name)} (${event.id})${words}`;
}

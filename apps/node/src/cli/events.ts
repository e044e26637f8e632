import { setTimeout as sleep } from "node:timers/promises";
import type { EventJson } from "@cairn/client";
import { printableJson } from "@cairn/core/printable";
import { findPackage } from "@cairn/owner/find-package";
import { mainName, nameOf } from "@cairn/owner/package-name";
import { loadLookupKey } from "../account/load-secrets.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, requireOwner, type Session } from "./session.ts";

export interface EventOptions extends CommonOptions {
  follow?: boolean;
  last?: number;
  package?: string;
  severity?: string[];
}

const POLL_MILLISECONDS = 500;

/** What happened, oldest first; with --follow, as it happens. */
export async function events(options: EventOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const namesOf = namesIn(session);
  const show = async (event: EventJson) => {
    const names = await namesOf(event);
    if (output.json) process.stdout.write(`${printableJson({ ...event, ...names })}\n`);
    else output.say(lineOf(event, names));
  };
  const filter = {
    ...(options.package === undefined
      ? {}
      : { package: (await findPackage(ownerPorts(session, await requireOwner(session.home)), options.package)).id }),
    ...(options.severity === undefined ? {} : { severities: options.severity.join(",") }),
  };
  const newest = await client.events(undefined, options.last ?? 50, filter);
  for (const event of newest.reverse()) await show(event);
  let after = newest.at(-1)?.id ?? 0;
  while (options.follow) {
    const found = await client.events(after, 500, filter);
    for (const event of found) {
      await show(event);
      after = event.id;
    }
    if (found.length === 0) await sleep(POLL_MILLISECONDS);
  }
}

const MARK = new Map(Object.entries<string>({ info: " ", warning: "!", error: "✗" }));

/** What people call the package and the provider of an event; null where it has none, or none is known. */
interface Names {
  packageName: string | null;
  /** Of a provider that `cairn up` runs here, as in `cairn status`. */
  providerName: string | null;
}

/** Names of an event's package and provider; packages that came since are asked for. */
function namesIn({
  client,
  home,
  gateway,
}: Pick<Session, "client" | "home" | "gateway">): (event: EventJson) => Promise<Names> {
  const packages = new Map<string, string | null>();
  const providers = new Map(gateway.children.map(({ name, provider }) => [provider?.toLowerCase(), name]));
  return async (event) => {
    const { package: id, provider } = event;
    if (id !== null && !packages.has(id)) {
      const account = await loadLookupKey(home);
      // Of somebody else's, or one that is forgotten, no name is known, then or later.
      packages.set(id, null);
      for (const found of await client.packages(true))
        packages.set(found.id, mainName(nameOf(account, found), found.id));
    }
    return {
      packageName: id === null ? null : (packages.get(id) ?? null),
      providerName: provider === null ? null : (providers.get(provider.toLowerCase()) ?? null),
    };
  };
}

const SHORT = { package: 8, provider: 10 };

/** One line of what happened: when, how grave, to which package and at whose provider. */
export function lineOf(event: EventJson, { packageName, providerName }: Names): string {
  const at = new Date(event.at * 1000).toISOString().slice(11, 19);
  const concerns = [
    event.package === null ? [] : [packageName ?? event.package.slice(0, SHORT.package)],
    event.provider === null ? [] : [providerName ?? `${event.provider.slice(0, SHORT.provider)}…`],
  ].flat();
  const about = concerns.length === 0 ? "" : `${concerns.join(", ")}: `;
  return `${at} ${MARK.get(event.severity) ?? " "} ${about}${event.message}${event.next === null ? "" : ` → ${event.next}`}`;
}

import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { AccountJson, NetworkJson, PackageJson, ProviderJson, StatusJson } from "@cairn/client";
import { BEFORE_CHAIN } from "@cairn/core/package-states";
import { isRunning, type ProcessIdentity } from "@cairn/process";
import { probeLock } from "@cairn/process/hold-lock";
import { asCairnError } from "@cairn/protocol/errors";
import { type Home, homeAt, readJson } from "../home/home.ts";
import { directoryOf, startAgain } from "../home/local-provider.ts";
import { readRemote } from "../home/remote.ts";
import { findRunning, type RunFile } from "../home/run-file.ts";
import { clocksApart } from "./chain-clock.ts";
import { chainHeads, type Heads } from "./chain-heads.ts";
import { counted, formatBytes, formatDuration, heldCoins } from "./format.ts";
import { createOutput, table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

interface ProcessStatus {
  name: string;
  pid: number | null;
  running: boolean;
  /** Where it listens, where it does. */
  url: string | null;
  /** Address of a provider. */
  provider: string | null;
}

interface Problem {
  what: string;
  next: string;
}

/** A put of P bytes with 2-of-4 shards on this machine writes 3 P; below this much free space even small ones may fail. */
const LOW_SPACE = 2_000_000_000;
const NOT_RUNNING_EXIT = 6;
/** States that a package passes through by itself, or with its owner's next command. */
const UNDER_WAY: ReadonlySet<string> = new Set([...BEFORE_CHAIN, "PLACING", "ENDING"]);

/** One screen: what runs here, how the chain, the packages, the money and the disk are, and what to do about what is not well. */
export async function status(options: CommonOptions): Promise<void> {
  const output = createOutput(options);
  const home = homeAt(options.home);
  const remote = await readRemote(home);
  if (remote !== undefined) return (await import("./remote-status.ts")).remoteStatus(home, remote, options);
  const free = await statfs(home.directory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
  const problems: Problem[] = [];
  if (free !== undefined && free < LOW_SPACE) {
    problems.push({ what: `only ${formatBytes(free)} are free on the home's disk`, next: "Free some space." });
  }
  const disk = free === undefined ? [] : [`disk       ${formatBytes(free)} free`];
  let found: { run: RunFile; processes: ProcessStatus[] } & Answers;
  try {
    const run = await findRunning(home);
    const processes = await processesOf(home, run);
    for (const problem of troubleWith(home, processes)) problems.push(problem);
    found = { run, processes, ...(await ask(options, run)) };
  } catch (error) {
    const { code, message, next } = asCairnError(error);
    problems.unshift({ what: message, next: next ?? "Start it with `cairn up`." });
    const starting = code === "network-starting";
    output.result({ home: home.directory, running: false, starting, code, free: free ?? null, problems });
    output.say(`home       ${home.directory}`, ...disk, ...tellProblems(problems));
    process.exitCode = NOT_RUNNING_EXIT;
    return;
  }
  const { run, processes, network, status, heads, packages, account, providers } = found;
  const now = Math.floor(Date.now() / 1000);
  const age = Math.max(0, now - status.blockTime);
  const apart = clocksApart(status.blockTime, now, network.deployment.periodSeconds);
  if (apart !== undefined) problems.push(apart);
  if (status.providers > 0 && status.providersConnected === 0) {
    problems.push({
      what: `none of ${counted(status.providers, "provider")} is connected: nothing can be stored, and nothing read that only they hold`,
      next: "Start them again, or look into their logs; those of other machines connect again by themselves.",
    });
  }
  const away = providers.filter(({ connected, deals }) => !connected && deals > 0);
  if (away.length > 0) {
    problems.push({
      what: `${counted(away.length, "provider")} with deals ${away.length === 1 ? "is" : "are"} not connected: ${away.map((p) => p.provider.slice(0, 10)).join(", ")}`,
      next: "Its shards are rebuilt elsewhere unless it comes back: start it again, or wait.",
    });
  }
  for (const { provider, cause } of providers.filter((one) => one.state === "READY" && one.cause !== null)) {
    problems.push({
      what: `provider ${provider.slice(0, 10)}: ${cause}`,
      next: "End one of the two: a provider's directory runs once, and a copy of it is the same provider.",
    });
  }
  const others = status.gateways.filter(({ here }) => !here);
  for (const { url, silentSeconds } of others.filter(({ away }) => away)) {
    problems.push({
      what: `the gateway ${url || "without an address"} was not seen for ${formatDuration(silentSeconds)}`,
      next: "Start it again, unless it is gone for good.",
    });
  }
  const states = countStates(packages);
  const underWay: Problem[] = [];
  for (const one of packages.filter(({ state, cause }) => state !== "STORED" && cause !== null).slice(0, 5)) {
    (UNDER_WAY.has(one.state) ? underWay : problems).push({
      what: `package ${one.id.slice(0, 8)} is ${one.state}: ${one.cause}`,
      next: one.next ?? `See \`cairn show ${one.id}\`.`,
    });
  }
  output.result({
    home: home.directory,
    running: true,
    url: run.url,
    pid: run.pid,
    profile: run.profile,
    startedAt: run.startedAt,
    processes,
    chain: {
      url: run.chainUrl,
      chainId: network.deployment.chainId,
      head: status.block,
      ageSeconds: age,
      aheadSeconds: Math.max(0, status.blockTime - now),
      ...heads,
    },
    packages: states,
    account,
    gateways: status.gateways,
    providers: { known: status.providers, connected: status.providersConnected },
    free: free ?? null,
    underWay,
    problems,
  });
  output.say(
    `network    ${run.url}, profile ${run.profile}, up ${formatDuration(Math.max(0, now - run.startedAt))}, process ${run.pid}`,
    `home       ${home.directory}`,
    ...(others.length === 0 ? [] : [`gateways   this one, and ${others.map(tellGateway).join(", ")}`]),
    `chain      block ${status.block}, ${age} s old${finality(status.block, heads)}; id ${network.deployment.chainId}`,
    `providers  ${status.providersConnected} of ${status.providers} connected; last period ${counted(status.provedLastPeriod, "proof")}, ${status.missedLastPeriod} missed`,
    `packages   ${tellStates(states)}`,
    `deposit    ${heldCoins(BigInt(account.balance))}${account.owner === null ? " (no account yet)" : ""}`,
    ...disk,
    "",
    table(
      ["process", "pid", "state", "at", "address"],
      processes.map(({ name, pid, running, url, provider }) => [
        name,
        pid ? String(pid) : "—",
        running ? "running" : "ENDED",
        url ?? "",
        provider ?? "",
      ]),
    ),
    ...(underWay.length === 0 ? [] : ["", "under way:", ...tellEach(underWay)]),
    ...tellProblems(problems),
  );
}

const tellGateway = ({ url, away }: StatusJson["gateways"][number]) =>
  `${url || "one without an address"}${away ? " (away)" : ""}`;

/** Where a block counts as final, as far below the head as the chain says. */
export function finality(head: number, heads: Heads | undefined): string {
  if (heads === undefined) return "";
  // A block may have come between the two answers.
  const blocks = Math.max(0, head - heads.finalized);
  return blocks === 0 ? ", final" : `, ${counted(blocks, "block")} to finality`;
}

interface Answers {
  network: NetworkJson;
  status: StatusJson;
  heads: Heads | undefined;
  packages: PackageJson[];
  account: AccountJson;
  providers: ProviderJson[];
}

async function ask(options: CommonOptions, run: RunFile): Promise<Answers> {
  const { client } = await openSession({ ...options, json: true });
  const [network, status, heads, packages, account, providers] = await Promise.all([
    client.network(),
    client.status(),
    chainHeads(run.chainUrl),
    client.packages(),
    client.account(),
    client.providers(),
  ]);
  return { network, status, heads, packages, account, providers };
}

/** The processes as the network began, each under the id that it has now. */
async function processesOf(home: Home, run: RunFile): Promise<ProcessStatus[]> {
  const record = await readJson<({ name: string } & ProcessIdentity)[]>(join(home.directory, "children.json")).catch(
    () => [],
  );
  const now = new Map((Array.isArray(record) ? record : []).map((one) => [one.name, one]));
  return run.children.map(({ name, url, provider }) => {
    const known = now.get(name);
    const pid = known !== undefined && isRunning(known) ? known.pid : startedAgain(home, name, provider);
    return { name, pid: pid ?? null, running: pid !== undefined, url: url ?? null, provider: provider ?? null };
  });
}

/** Process of a local provider that a person started again by hand, 0 where it left no word of itself. */
const startedAgain = (home: Home, name: string, provider: string | undefined): number | undefined =>
  provider === undefined ? undefined : probeLock(join(directoryOf(home, name), "lock"))?.pid;

function troubleWith(home: Home, processes: ProcessStatus[]): Problem[] {
  const problems: Problem[] = [];
  for (const { name, provider } of processes.filter(({ running }) => !running)) {
    problems.push({
      what: `${name}${provider === null ? "" : ` (${provider})`} has ended`,
      next:
        provider === null
          ? `It is started again by itself; see logs/${name}.log in the home.`
          : `Start it again: ${startAgain(home, name)}, or restart the network.`,
    });
  }
  return problems;
}

function countStates(packages: PackageJson[]): Record<string, number> {
  const states: Record<string, number> = {};
  for (const { state } of packages) states[state] = (states[state] ?? 0) + 1;
  return states;
}

function tellStates(states: Record<string, number>): string {
  const parts = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  return parts.length === 0 ? "none yet" : parts.join(", ");
}

function tellProblems(problems: Problem[]): string[] {
  if (problems.length === 0) return ["", "All is well."];
  return ["", `${counted(problems.length, "problem")}:`, ...tellEach(problems)];
}

const tellEach = (list: Problem[]): string[] => list.flatMap(({ what, next }) => [`  ${what}`, `    ${next}`]);

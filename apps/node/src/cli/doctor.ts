import { access, constants, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { StatusJson } from "@cairn/client";
import type { Deployment } from "@cairn/core";
import { deploymentOf } from "@cairn/owner/deployment-of";
import { asCairnError } from "@cairn/protocol/errors";
import { findGateway } from "../home/find-gateway.ts";
import { type Home, homeAt } from "../home/home.ts";
import { clocksApart } from "./chain-clock.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { createOutput, table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

/** A note is no problem: something that may be done, or not. */
type Verdict = "good" | "note" | "warning" | "bad";

interface Finding {
  what: string;
  verdict: Verdict;
  found: string;
  next: string;
}

/** What is good needs nothing done. */
export const withoutIdleNext = (one: Finding): Omit<Finding, "next"> & { next: string | null } => ({
  ...one,
  next: one.verdict === "good" ? null : one.next,
});

/** A put of P bytes with 2-of-4 shards on this machine writes 3 P; below this much free space even small ones may fail. */
const LOW_SPACE = 2_000_000_000;
const NOT_RUNNING_EXIT = 6;

/** Look at everything that commonly goes wrong and say what to do; exit code 1 when it found a problem, 6 when no network runs. */
export async function doctor(options: CommonOptions): Promise<void> {
  const output = createOutput(options);
  const home = homeAt(options.home);
  let running = true;
  const findings = [
    runtime(),
    await addons(),
    ...(await disk(home.directory)),
    ...(await blobs(home)),
    await account(),
    ...(await network()),
  ];
  output.result(findings.map(withoutIdleNext));
  output.say(
    table(
      ["check", "", "found", "what to do"],
      findings.map((one) => [one.what, one.verdict, one.found, one.verdict === "good" ? "" : one.next]),
    ),
  );
  if (!running) process.exitCode = NOT_RUNNING_EXIT;
  else if (findings.some(({ verdict }) => verdict === "bad" || verdict === "warning")) process.exitCode = 1;

  async function account(): Promise<Finding> {
    const next = "The first `cairn put` makes one; `cairn key import FILE` brings one.";
    try {
      const found = await (await import("../account/account.ts")).loadAccount(home);
      return found === undefined
        ? { what: "account", verdict: "note", found: "none in this home yet", next }
        : { what: "account", verdict: "good", found: found.wallet.address, next: "" };
    } catch (error) {
      const known = asCairnError(error);
      return { what: "account", verdict: "bad", found: known.message, next: known.next ?? next };
    }
  }

  async function network(): Promise<Finding[]> {
    try {
      const run = await findGateway(home);
      const { client } = await openSession(options);
      const status = await client.status();
      const now = Math.floor(Date.now() / 1000);
      const age = Math.max(0, now - status.blockTime);
      const network = await client.network();
      const { deployment } = network;
      const apart = clocksApart(status.blockTime, now, deployment.periodSeconds);
      const late = age > Math.max(30, deployment.periodSeconds);
      const connected = `${status.providersConnected} of ${status.providers} connected`;
      return [
        {
          what: "gateway",
          verdict: "good",
          found: run.pid === undefined ? run.url : `${run.url}, process ${run.pid}`,
          next: "",
        },
        ...others(status.gateways),
        {
          what: "chain",
          verdict: late ? "bad" : "good",
          found: `block ${status.block}, ${age} s old`,
          next: "Blocks do not come, or this machine's clock is fast: see logs/chain.log in the home.",
        },
        await contracts(run.chainUrl, deploymentOf(network)),
        {
          what: "clock",
          verdict: apart === undefined ? "good" : "warning",
          found: apart?.what ?? "the chain's and this machine's agree",
          next: apart?.next ?? "",
        },
        {
          what: "providers",
          verdict:
            status.providersConnected === 0 ? "bad" : status.providersConnected < status.providers ? "warning" : "good",
          found: connected,
          next: "Start the missing ones again, or others: `cairn provider --gateway URL`",
        },
        packagesFinding(status),
      ];
    } catch (error) {
      const known = asCairnError(error);
      running = known.code !== "not-running" && known.code !== "network-starting";
      return [
        { what: "network", verdict: "bad", found: known.message, next: known.next ?? "Start it with `cairn up`." },
      ];
    }
  }
}

/** Nothing rebuilds what is lost. */
export function packagesFinding({
  packages,
  atFullStrength,
  lost,
}: Pick<StatusJson, "packages" | "atFullStrength" | "lost">): Finding {
  const what = "packages";
  const found = `${atFullStrength} of ${packages} at full strength`;
  if (lost === 0) {
    const next = "Repair goes on by itself; `cairn show PACKAGE` says what it waits for.";
    return { what, verdict: atFullStrength < packages ? "warning" : "good", found, next };
  }
  return {
    what,
    verdict: "bad",
    found: `${found}, ${lost} lost`,
    next: "Too few shards are left to rebuild what is lost: `cairn ls` names it, `cairn show PACKAGE` which providers had it. Start those again with what they held, or store it anew.",
  };
}

/** The other gateways of the database. */
const others = (gateways: StatusJson["gateways"]): Finding[] =>
  gateways
    .filter(({ here }) => !here)
    .map(({ url, silentSeconds, away }) => ({
      what: "other gateway",
      verdict: away ? "warning" : "good",
      found: `${url || "without an address"}, ${away ? `not seen for ${formatDuration(silentSeconds)}` : "there"}`,
      next: "Start it again, unless it is gone for good: what waits for uploads that lie there says so.",
    }));

/** Whether the chain itself has them: a gateway goes on as before where one at the same address began anew. */
async function contracts(chainUrl: string | undefined, deployment: Deployment): Promise<Finding> {
  const what = "contracts";
  if (chainUrl === undefined) {
    const found = "this home knows no chain node: what the gateway says is not held against the chain";
    return { what, verdict: "warning", found, next: "Log in again with `cairn login URL --chain URL`." };
  }
  const next =
    "Start the chain that had them, or bring its data back; on a new one this network's packages and deals are unknown.";
  try {
    const { chainReader } = await import("../owner/read-chain.ts");
    const there = await chainReader(chainUrl)(deployment, async () => true);
    return there
      ? { what, verdict: "good", found: `as the gateway has them, on chain ${deployment.chainId}`, next: "" }
      : { what, verdict: "bad", found: `no chain answers at ${chainUrl}`, next: "Start the chain again." };
  } catch (error) {
    return { what, verdict: "bad", found: asCairnError(error).message, next };
  }
}

function runtime(): Finding {
  return {
    what: "runtime",
    verdict: "good",
    found: `Node ${process.versions.node} on ${process.platform} ${process.arch}`,
    next: "",
  };
}

/** The bucket of CAIRN_BLOBS, with a probe; nothing where manifests and leaf files are on this disk. */
async function blobs(home: Home): Promise<Finding[]> {
  const what = "blob store";
  try {
    const [{ blobsSetting }, { externalBlobs }] = await Promise.all([
      import("../up/environment.ts"),
      import("../up/external-blobs.ts"),
    ]);
    const settings = blobsSetting();
    if (settings === undefined) {
      const location = await externalBlobs(home);
      const next = "Set CAIRN_BLOBS and its keys here, too, and run this again to have it tried.";
      return location === undefined ? [] : [{ what, verdict: "note", found: `${location}, not tried`, next }];
    }
    const { describeS3 } = await import("@cairn/blobs/s3-settings");
    const { probeS3 } = await import("@cairn/blobs/probe-s3");
    const { conditional } = await probeS3(settings);
    const found = `${describeS3(settings)}: a probe was put, read, listed and removed`;
    const without =
      "; it has no conditional writes, so gateways that share it rely on their keys' being hashes or random";
    return [{ what, verdict: "good", found: conditional ? found : found + without, next: "" }];
  } catch (error) {
    const known = asCairnError(error);
    return [{ what, verdict: "bad", found: known.message, next: known.next ?? "Check CAIRN_BLOBS and its keys." }];
  }
}

/** Where the platform has no prebuilt ones, signing, verifying and the chain are several times as slow. */
async function addons(): Promise<Finding> {
  const { keccak, curve } = (await import("@cairn/protocol")).crypto.native;
  const lacking = [keccak ? [] : ["keccak"], curve ? [] : ["secp256k1"]].flat();
  return {
    what: "cryptography",
    verdict: lacking.length === 0 ? "good" : "note",
    found: lacking.length === 0 ? "native" : `${lacking.join(" and ")} in JavaScript: slower, and the same results`,
    next: `Run \`npm ci\` again; there may be no prebuilt addon for ${process.platform} ${process.arch}.`,
  };
}

async function disk(directory: string): Promise<Finding[]> {
  let existing = directory;
  for (;;) {
    const there = await access(existing).then(
      () => true,
      () => false,
    );
    if (there || dirname(existing) === existing) break;
    existing = dirname(existing);
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const writable = await access(existing, constants.W_OK).then(
    () => true,
    () => false,
  );
  return [
    {
      what: "home",
      verdict: writable ? "good" : "bad",
      found: `${directory}${existing === directory ? "" : " (made at first start)"}`,
      next: "Choose a directory that you may write to: --home DIR",
    },
    {
      what: "disk",
      verdict: free < LOW_SPACE ? "bad" : "good",
      found: `${formatBytes(free)} free: enough for a put of ${formatBytes(Math.floor(free / 3))} with 2-of-4 shards here`,
      next: "Free some space, or put the home on a larger disk.",
    },
  ];
}

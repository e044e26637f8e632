import { createServer } from "node:net";
import { PROFILES, type Profile } from "@cairn/core";
import { listenError } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { type Home, readChecked, writeWhole } from "../home/home.ts";
import { gatewayHost } from "./environment.ts";

/** Of homes: contracts, tables and files that one version writes and each later one reads. Format 1 was before the first release. */
const FORMAT = 2;

/** What a home decided at its first start and keeps. */
export interface HomeSettings {
  format: typeof FORMAT;
  profile: Profile["name"];
  chainPort: number;
  providerPorts: number[];
}

export interface UpOptions {
  home?: string;
  port?: number;
  /** Of the chain's RPC; 0 takes a free one. The home keeps it. */
  chainPort?: number;
  /** An EVM chain to use instead of running one. */
  chain?: string;
  /** Join the network of this contract on that chain, where the home has none yet. */
  deals?: string;
  /** PEM files: the gateway takes TLS, too. */
  tlsCert?: string;
  tlsKey?: string;
  /** Folders that users may have stored from this machine. */
  vaultPath?: string[];
  providers?: number;
  profile?: Profile["name"];
  /** Another gateway of a network that runs: no chain, no providers, no doors. */
  gatewayOnly?: boolean;
  /** The home goes when the network ends. */
  temporary?: boolean;
  json?: boolean;
}

const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535;

/** Whether it can be what a home decided; of another format only that it is one. */
function isSettings(value: unknown): value is HomeSettings {
  const { format, profile, chainPort, providerPorts } = (value ?? {}) as Partial<HomeSettings>;
  if (typeof format !== "number") return false;
  if (format !== FORMAT) return true;
  const known = typeof profile === "string" && Object.hasOwn(PROFILES, profile);
  return known && isPort(chainPort) && Array.isArray(providerPorts) && providerPorts.every(isPort);
}

/** Settings of a home, decided now when it is new; throws `profile-differs` when the home was made with another profile. */
export async function homeSettings(home: Home, options: UpOptions): Promise<HomeSettings> {
  const stored = await readChecked(home.settingsFile, isSettings);
  if (stored !== undefined && stored.format !== FORMAT) throw otherFormat(home, stored.format);
  if (stored !== undefined && options.profile !== undefined && options.profile !== stored.profile) {
    throw new CairnError(`the home ${home.directory} has the profile ${stored.profile}, which cannot change`, {
      code: "profile-differs",
      kind: "conflict",
      next: `Leave --profile out, or start another home: \`cairn up --home DIR --profile ${options.profile}\`.`,
    });
  }
  const settings: HomeSettings = stored ?? {
    format: FORMAT,
    profile: options.profile ?? "local",
    chainPort: await freePort(),
    providerPorts: [],
  };
  const asked = options.chainPort;
  const chainPort = asked === undefined ? settings.chainPort : asked === 0 ? await freePort() : asked;
  const wanted =
    options.providers ?? (stored === undefined ? PROFILES[settings.profile].providers : stored.providerPorts.length);
  const ports = settings.providerPorts.slice(0, Math.max(wanted, settings.providerPorts.length));
  while (ports.length < wanted) ports.push(await freePort());
  const decided = { ...settings, chainPort, providerPorts: ports };
  if (JSON.stringify(decided) !== JSON.stringify(stored)) {
    await writeWhole(home.settingsFile, `${JSON.stringify(decided, null, 2)}\n`);
  }
  return decided;
}

const otherFormat = ({ directory }: Home, format: number): CairnError =>
  format > FORMAT
    ? new CairnError(`the home ${directory} was written by a newer version`, {
        code: "home-too-new",
        kind: "conflict",
        next: "Update Cairn, or use another home.",
      })
    : new CairnError(`the home ${directory} was written before the first release, which cannot read it`, {
        code: "home-too-old",
        kind: "conflict",
        next: "Get your packages back with the version that made it, then put them into a new home.",
      });

/** A loopback port that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** What a person sets to choose where the gateway listens. */
export const GATEWAY_SETTINGS = { hostSetting: "CAIRN_HOST", portSetting: "--port or CAIRN_PORT" };

/** Throws `port-taken`, `port-unusable` or `address-unusable` before anything is started. */
export function requireFreePort(port: number, host = gatewayHost()): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause) => reject(listenError(cause, { host, port, ...GATEWAY_SETTINGS })));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

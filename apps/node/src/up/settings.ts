import { createServer } from "node:net";
import { CairnError, PROFILES, type Profile } from "@cairn/core";
import { type Home, readJson, writeWhole } from "../home/home.ts";

/** What a home decided at its first start and keeps. */
export interface HomeSettings {
  format: 1;
  profile: Profile["name"];
  chainPort: number;
  providerPorts: number[];
}

export interface UpOptions {
  home?: string;
  port?: number;
  providers?: number;
  profile?: Profile["name"];
  json?: boolean;
}

/** Settings of a home, decided now when it is new; throws `profile-differs` when the home was made with another profile. */
export async function homeSettings(home: Home, options: UpOptions): Promise<HomeSettings> {
  const stored = await readJson<HomeSettings>(home.settingsFile);
  if (stored !== undefined && stored.format !== 1) {
    throw new CairnError(`the home ${home.directory} was written by a newer version`, {
      code: "home-too-new",
      kind: "conflict",
      next: "Update Cairn, or use another home.",
    });
  }
  if (stored !== undefined && options.profile !== undefined && options.profile !== stored.profile) {
    throw new CairnError(`the home ${home.directory} has the profile ${stored.profile}, which cannot change`, {
      code: "profile-differs",
      kind: "conflict",
      next: `Leave --profile out, or start another home: cairn up --home DIR --profile ${options.profile}`,
    });
  }
  const settings: HomeSettings = stored ?? {
    format: 1,
    profile: options.profile ?? "local",
    chainPort: await freePort(),
    providerPorts: [],
  };
  const wanted =
    options.providers ?? (stored === undefined ? PROFILES[settings.profile].providers : stored.providerPorts.length);
  const ports = settings.providerPorts.slice(0, Math.max(wanted, settings.providerPorts.length));
  while (ports.length < wanted) ports.push(await freePort());
  const decided = { ...settings, providerPorts: ports };
  if (JSON.stringify(decided) !== JSON.stringify(stored)) {
    await writeWhole(home.settingsFile, `${JSON.stringify(decided, null, 2)}\n`);
  }
  return decided;
}

/** A loopback port that nobody listens on just now. */
function freePort(): Promise<number> {
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

/** Throws `port-taken` before anything is started. */
export function requireFreePort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      reject(
        new CairnError(
          taken ? `port ${port} is taken by another program` : `cannot listen on port ${port}: ${cause.message}`,
          {
            code: taken ? "port-taken" : "port-unusable",
            kind: "conflict",
            cause,
            next: "Choose another with --port or CAIRN_PORT (0 takes a free one).",
          },
        ),
      );
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

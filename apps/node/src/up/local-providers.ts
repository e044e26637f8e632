import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { PROVIDER_MAIN } from "@cairn/provider/program";
import { type Home, makeDirectory, readJson, writeWhole } from "../home/home.ts";
import { processUnit } from "../supervise/process-unit.ts";
import { tellProgress } from "../supervise/tell-restarts.ts";
import type { Unit } from "../supervise/unit.ts";
import type { HomeSettings } from "./settings.ts";

/** Made-up places, so that countries and regions can be tried; all of them are this machine. */
const REGIONS = ["CA local", "NL local", "US local", "DE local", "JP local", "BR local"];
const CAPACITY = 500_000_000_000n;
/** A hundred-thousandth of a coin per GiB and day, a little more for each further provider. */
const PRICE = 10n ** 13n;

/** Of the free disk, for local providers together; the rest is for what they are stored with. */
const DISK_SHARE = 0.8;

/** No more than the disk has: what is free is shared among the providers on it. An earlier figure that is still true stays, as each change is registered. */
async function capacityOf(settings: HomeSettings, directory: string): Promise<bigint> {
  await makeDirectory(directory);
  const { bavail, bsize } = await statfs(directory);
  const share = Math.floor((bavail * bsize * DISK_SHARE) / Math.max(1, settings.providerPorts.length));
  const most = BigInt(share) + (await heldBytes(directory));
  const fit = most < CAPACITY ? (most > 0n ? most : 1n) : CAPACITY;
  const before = await readJson<{ capacity: string }>(join(directory, "provider.json")).catch(() => undefined);
  if (before === undefined || !/^[1-9]\d{0,18}$/.test(before.capacity)) return fit;
  const earlier = BigInt(before.capacity);
  return earlier <= fit + fit / 4n && earlier >= fit / 2n ? earlier : fit;
}

/** Bytes of the shards that a provider holds already. */
async function heldBytes(directory: string): Promise<bigint> {
  const shards = join(directory, "shards");
  let bytes = 0;
  for (const name of await readdir(shards).catch(() => [])) {
    bytes += await stat(join(shards, name, "shard")).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return BigInt(bytes);
}

/** One of the providers that `cairn up` runs itself; never restarted, as other people's machines would not be. */
export async function localProviderUnit(
  home: Home,
  settings: HomeSettings,
  gateway: string,
  index: number,
  port: number,
  onSilent: (name: string, words: string | undefined) => void,
): Promise<Unit> {
  const name = String(index + 1);
  const directory = join(home.providers, name);
  const config = {
    directory,
    gateways: [gateway],
    capacity: (await capacityOf(settings, directory)).toString(),
    price: (PRICE + (PRICE * BigInt(index)) / 100n).toString(),
    region: REGIONS[index % REGIONS.length],
    listen: { host: "127.0.0.1", port },
    reactivate: true,
  };
  const file = join(directory, "provider.json");
  await writeWhole(file, `${JSON.stringify(config, null, 2)}\n`);
  return processUnit({
    name: `provider-${name}`,
    restart: false,
    module: PROVIDER_MAIN,
    args: [file],
    logs: home.logs,
    onProgress: tellProgress,
    onSilent,
  });
}

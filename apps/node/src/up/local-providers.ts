import { join } from "node:path";
import { PROVIDER_MAIN } from "@cairn/provider";
import { type Home, writeWhole } from "../home/home.ts";
import { processUnit } from "../supervise/process-unit.ts";
import type { Unit } from "../supervise/unit.ts";
import type { HomeSettings } from "./settings.ts";

/** Made-up places, so that region shows in tables; all of them are this machine. */
const REGIONS = ["north", "east", "south", "west", "hill", "shore"];
const CAPACITY = 500_000_000_000n;
/** A hundred-thousandth of a coin per GiB and day, a little more for each further provider. */
const PRICE = 10n ** 13n;

/** One of the providers that `cairn up` runs itself; never restarted, as other people's machines would not be. */
export async function localProviderUnit(
  home: Home,
  _settings: HomeSettings,
  gateway: string,
  index: number,
  port: number,
): Promise<Unit> {
  const name = String(index + 1);
  const directory = join(home.providers, name);
  const config = {
    directory,
    gateways: [gateway],
    capacity: CAPACITY.toString(),
    price: (PRICE + (PRICE * BigInt(index)) / 100n).toString(),
    region: `local ${REGIONS[index % REGIONS.length]}`,
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
  });
}

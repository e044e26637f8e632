import { parseWindows, toUtcMask, zoneOffsetMinutes } from "@cairn/core";
import type { Address } from "@cairn/protocol";
import { badMessage, type Fields, fieldsOf } from "@cairn/protocol/wire";
import type { ProviderOptions } from "./options.ts";

const amount = (fields: Fields, name: string) => BigInt(fields.text(name, /^[0-9]{1,30}$/, 30));

/** Options from JSON: amounts are decimal strings, windows are text in `timeZone`. @throws CairnError `bad-message`, `bad-windows`, `bad-time-zone` */
export function optionsFromJson(json: unknown): ProviderOptions {
  const fields = fieldsOf("config", json);
  const has = (name: string) => fields.raw(name) !== undefined;
  const when = <T>(name: string, value: () => T): { [key: string]: T } => (has(name) ? { [name]: value() } : {});
  const seconds = (name: string) => when(name, () => fields.integer(name, 1, 2 ** 31));
  const gateways = fields.raw("gateways");
  if (!Array.isArray(gateways) || !gateways.every((url) => typeof url === "string")) {
    throw badMessage("config.gateways", "a list of URLs");
  }
  const zone = has("timeZone") ? fields.text("timeZone", /^[A-Za-z0-9_+/-]+$/, 64) : "UTC";
  const listen = has("listen") ? fields.object("listen") : undefined;
  return {
    directory: fields.text("directory", /./, 4096),
    gateways,
    capacity: amount(fields, "capacity"),
    price: amount(fields, "price"),
    ...when("priceFloor", () => amount(fields, "priceFloor")),
    ...when("egressPrice", () => amount(fields, "egressPrice")),
    ...when("region", () => fields.text("region", /^[^\p{Cc}]*$/u, 64)),
    ...when("payout", (): Address => fields.address("payout")),
    ...when("chainUrl", () => fields.text("chainUrl", /^(https?|wss?):\/\//, 1024)),
    ...when("reactivate", () => fields.flag("reactivate")),
    ...seconds("quoteSeconds"),
    ...seconds("scrubSeconds"),
    ...when("scrubBytesPerSecond", () => fields.integer("scrubBytesPerSecond", 1, Number.MAX_SAFE_INTEGER)),
    ...when("diskMarginBytes", () => fields.integer("diskMarginBytes", 0, Number.MAX_SAFE_INTEGER)),
    ...(has("windows")
      ? {
          duty: toUtcMask(
            parseWindows(fields.text("windows", /^/, 1024)),
            zoneOffsetMinutes(zone, Math.floor(Date.now() / 1000)),
          ),
        }
      : {}),
    ...(listen === undefined
      ? {}
      : {
          listen: {
            host: listen.text("host", /^[A-Za-z0-9.:-]+$/, 255),
            port: listen.integer("port", 0, 65_535),
            ...(listen.raw("endpoint") === undefined ? {} : { endpoint: listen.text("endpoint", /^https?:\/\//, 256) }),
          },
        }),
  } as ProviderOptions;
}

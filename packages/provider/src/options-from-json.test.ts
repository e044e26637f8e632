import { ALWAYS_ON, parseWindows, toUtcMask } from "@cairn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settingsOf } from "./options.ts";
import { optionsFromJson } from "./options-from-json.ts";

const least = { directory: "/d", gateways: ["http://127.0.0.1:4400"], capacity: "1000000000", price: "5" };

describe("a provider's configuration", () => {
  it("needs little, and fills in the rest", () => {
    const options = optionsFromJson(least);
    expect(options).toEqual({ directory: "/d", gateways: least.gateways, capacity: 1_000_000_000n, price: 5n });
    expect(settingsOf(options)).toMatchObject({ duty: ALWAYS_ON, priceFloor: 5n, egressPrice: 0n, region: "" });
  });

  it("takes windows in the place's own time", () => {
    const options = optionsFromJson({ ...least, windows: "mon-fri 18-24", timeZone: "Asia/Tokyo" });
    expect(options.duty).toBe(toUtcMask(parseWindows("mon-fri 18-24"), 540));
  });

  it("dials each gateway once, by its origin", () => {
    const gateways = ["http://a.example/x", "http://a.example", "https://b.example:9"];
    const urls = settingsOf(optionsFromJson({ ...least, gateways })).gateways.map(({ origin }) => origin);
    expect(urls).toEqual(["http://a.example", "https://b.example:9"]);
  });

  it.each([
    [{ capacity: "0" }, "capacity"],
    [{ gateways: [] }, "gateways"],
    [{ gateways: ["ftp://x"] }, "gateways"],
    [{ gateways: ["http://user:secret@x"] }, "gateways"],
    [{ priceFloor: "6" }, "priceFloor"],
    [{ capacity: 5 }, "capacity"],
    [{ price: "-1" }, "price"],
    [{ windows: "always, mon" }, "windows"],
    [{ timeZone: "Nowhere/None", windows: "mon 1-2" }, "time zone"],
    [{ listen: { host: "127.0.0.1", port: 70_000 } }, "port"],
    [{ payout: "0x12" }, "payout"],
    [{ region: "a\u001bb" }, "region"],
  ])("refuses %j by name", (change, name) => {
    expect(() => settingsOf(optionsFromJson({ ...least, ...change }))).toThrowError(new RegExp(name));
  });

  it("answers any JSON with an error that names what is wrong", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...Object.keys(least), "windows", "listen", "region"),
        (value, name) => {
          for (const json of [value, { ...least, [name]: value }]) {
            try {
              settingsOf(optionsFromJson(json));
            } catch (error) {
              expect((error as { code?: string }).code).toMatch(/^bad-(message|config|windows|time-zone)$/);
            }
          }
        },
      ),
    );
  });
});

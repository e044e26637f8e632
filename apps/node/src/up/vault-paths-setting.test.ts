import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { vaultPathsSetting } from "./vault-paths-setting.ts";

const HOME = "/home/anna/.cairn";
const settingOf = (options: string[] | undefined, environment = {}) => vaultPathsSetting(options, HOME, environment);

describe("folders that may be stored from", () => {
  it("are none unless somebody names one", () => {
    expect(settingOf(undefined)).toEqual({});
    expect(settingOf(undefined, { CAIRN_VAULT_PATHS: "" })).toEqual({});
  });

  it("are named by options, or else by the environment, and stand as the system writes them", () => {
    expect(settingOf(["/srv/a/", "/srv/a", "/mnt/../mnt/b"]).vaultPaths).toEqual(["/srv/a", "/mnt/b"]);
    expect(settingOf(["here"]).vaultPaths).toEqual([resolve("here")]);
    expect(settingOf(undefined, { CAIRN_VAULT_PATHS: "/srv/a:/mnt/b" }).vaultPaths).toEqual(["/srv/a", "/mnt/b"]);
    expect(settingOf(["/srv/a"], { CAIRN_VAULT_PATHS: "/mnt/b" }).vaultPaths).toEqual(["/srv/a"]);
    expect(settingOf(["/home/anna/.cairn-not"]).vaultPaths).toEqual(["/home/anna/.cairn-not"]);
  });

  it.each([
    ["the home itself", [HOME], {}],
    ["what the home lies in", ["/home/anna"], {}],
    ["everything", ["/"], {}],
    ["a part of the home", [`${HOME}/gateway`], {}],
    ["what several gateways share", ["/srv/shared"], { CAIRN_SHARED: "/srv/shared/cairn" }],
    ["a relative one of the environment", undefined, { CAIRN_VAULT_PATHS: "srv" }],
  ])("are not %s", (_, options, environment) => {
    expect(() => settingOf(options, environment)).toThrow(expect.objectContaining({ code: "bad-settings" }));
  });
});

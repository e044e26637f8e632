import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
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

  it("are none that the home really lies in, by whichever link it is named", () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "cairn-setting-")));
    mkdirSync(join(directory, "srv/big/cairn"), { recursive: true });
    mkdirSync(join(directory, "srv/photos"));
    for (const [name, target] of [
      ["home", "srv/big/cairn"],
      ["big", "srv/big"],
    ] as const)
      symlinkSync(target, join(directory, name));
    const shared = join(directory, "srv/big");
    for (const home of ["home", "big/cairn", "big/not/made/yet"])
      expect(() => vaultPathsSetting([shared], join(directory, home), {})).toThrow(
        expect.objectContaining({ code: "bad-settings" }),
      );
    const beside = join(directory, "srv/photos");
    expect(vaultPathsSetting([beside], join(directory, "home"), {}).vaultPaths).toEqual([beside]);
    rmSync(directory, { recursive: true });
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

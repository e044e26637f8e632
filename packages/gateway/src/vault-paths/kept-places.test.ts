import { execFileSync } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineClock as clock } from "@cairn/process";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeptPlaces, mountsOf, placesOf } from "./kept-places.ts";
import { PathReader } from "./path-reader.ts";
import { realPlace } from "./real-place.ts";

const never = new AbortController().signal;
let directory: string;
let shared: string;
/** The gateway's home as it was named: /var/lib/cairn, a link to /srv/big/cairn. */
let home: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "cairn-kept-")));
  shared = join(directory, "srv/big");
  mkdirSync(join(shared, "cairn/gateway"), { recursive: true });
  mkdirSync(join(shared, "photos"));
  writeFileSync(join(shared, "cairn/token"), "OPERATOR");
  writeFileSync(join(shared, "photos/a"), "of a file");
  mkdirSync(join(directory, "var/lib"), { recursive: true });
  home = join(directory, "var/lib/cairn");
  symlinkSync(join(shared, "cairn"), home);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const REFUSED = expect.objectContaining({ code: "path-not-allowed" });
const placeOf = (path: string, folder = shared) => realPlace(path, folder, KeptPlaces.find([home])).place.toString();

describe("the gateway's own folders", () => {
  it("are refused where they lie below a shared folder by another name than the gateway's, and so is what has them in it", () => {
    for (const path of ["cairn", "cairn/token", "cairn/gateway", "cairn/absent"])
      expect(() => placeOf(join(shared, path))).toThrow(REFUSED);
    expect(() => placeOf(shared)).toThrow(REFUSED);
    expect(() => placeOf(join(directory, "srv"), directory)).toThrow(REFUSED);
    expect(placeOf(join(shared, "photos"))).toBe(join(shared, "photos"));
  });

  it("are refused by a link, and where the shared folder itself is one", () => {
    symlinkSync("../cairn", join(shared, "photos/home"));
    expect(() => placeOf(join(shared, "photos/home/token"))).toThrow(REFUSED);
    symlinkSync(join(shared, "cairn"), join(directory, "mnt"));
    expect(() => placeOf(join(directory, "mnt/gateway"), join(directory, "mnt"))).toThrow(REFUSED);
  });

  it("are recognised where they are now, not where they were", () => {
    const kept = KeptPlaces.find([home]);
    renameSync(join(shared, "cairn"), join(shared, "photos/moved"));
    // By its inode, though no path says so.
    expect(() => realPlace(join(shared, "photos/moved/token"), shared, kept)).toThrow(REFUSED);
    // Its name leads nowhere now: nothing is given rather than too much.
    expect(() => placeOf(join(shared, "photos"))).toThrow(REFUSED);
  });

  it("are neither listed nor stored by a reader that was told of them", async () => {
    const reader = new PathReader({ clock, kept: [home] });
    for (const path of [shared, join(shared, "cairn")])
      await expect(reader.list({ account: "a", path, folder: shared }, never)).rejects.toMatchObject({
        code: "path-not-allowed",
      });
    const listed = await reader.list({ account: "a", path: join(shared, "photos"), folder: shared }, never);
    expect(listed.entries.map(({ name }) => name)).toEqual(["a"]);
  });

  it("do not have hard links of theirs recognised, which only their owner makes", () => {
    linkSync(join(shared, "cairn/token"), join(shared, "photos/linked"));
    expect(placeOf(join(shared, "photos/linked"))).toBe(join(shared, "photos/linked"));
  });
});

describe("mounts", () => {
  const table = [
    "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
    "21 20 8:2 / /srv rw shared:1 - ext4 /dev/sdb1 rw",
    "22 20 8:2 /big/cairn /mnt/a\\040b rw - ext4 /dev/sdb1 rw",
    "23 20 8:2 /big/cairn/gateway/keys /mnt/keys rw - ext4 /dev/sdb1 rw",
    "24 20 8:2 /big /mnt/big rw - ext4 /dev/sdb1 rw",
    "25 20 8:2 /big/cairn-not /mnt/not rw - ext4 /dev/sdb1 rw",
    "26 20 8:3 /big/cairn /mnt/other rw - ext4 /dev/sdc1 rw",
  ].join("\n");
  const placesIn = (place: string, id: string) =>
    placesOf(Buffer.from(place), id, mountsOf(Buffer.from(table)))
      .map(String)
      .sort();

  it("show a folder, or parts of it, elsewhere", () => {
    expect(placesIn("/srv/big/cairn", "21")).toEqual(["/mnt/a b", "/mnt/big/cairn", "/mnt/keys", "/srv/big/cairn"]);
    expect(placesIn("/home/cairn", "20")).toEqual(["/home/cairn"]);
    expect(placesIn("/mnt/a b/x", "22")).toEqual(["/mnt/a b/x", "/mnt/big/cairn/x", "/srv/big/cairn/x"]);
    expect(placesIn("/", "20")).toEqual(["/"]);
    expect(placesIn("/srv/big/cairn", "99")).toEqual([]);
  });

  it("are read whatever the table has in it", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.string({ unit: fc.constantFrom(..."\\0178 /:\n"), maxLength: 80 }),
        (bytes, text) => {
          for (const one of [bytes, Buffer.from(text)])
            for (const { point, root } of mountsOf(one)) expect([point, root].every(Buffer.isBuffer)).toBe(true);
        },
      ),
    );
  });

  const canMount = (() => {
    try {
      execFileSync("unshare", ["-rm", "true"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  })();
  it.skipIf(!canMount)("of the home elsewhere are recognised, made after the gateway began", () => {
    for (const name of ["whole", "part"]) mkdirSync(join(shared, "photos", name));
    writeFileSync(join(shared, "photos/token"), "");
    const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
    const script = `
      const { KeptPlaces } = await import(${module("./kept-places.ts")});
      const { realPlace } = await import(${module("./real-place.ts")});
      const said = process.argv.slice(3).map((path) => {
        try { return realPlace(path, ${JSON.stringify(join(shared, "photos"))}, KeptPlaces.find([process.argv[2]])).place.toString(); }
        catch (error) { return error.code; }
      });
      console.log(JSON.stringify(said));`;
    writeFileSync(join(directory, "ask.mjs"), script);
    const bind = (from: string, to: string) => `mount --bind "${join(shared, from)}" "${join(shared, to)}"`;
    const mounts = [
      bind("cairn", "photos/whole"),
      bind("cairn/gateway", "photos/part"),
      bind("cairn/token", "photos/token"),
    ];
    const paths = ["whole", "whole/token", "part", "token", "a"].map((name) => join(shared, "photos", name));
    const said = execFileSync(
      "unshare",
      [
        "-rm",
        "sh",
        "-ec",
        `${mounts.join("\n")}\nexec "$@"`,
        "sh",
        process.execPath,
        join(directory, "ask.mjs"),
        home,
        ...paths,
      ],
      { encoding: "utf8" },
    );
    const refused = "path-not-allowed";
    expect(JSON.parse(said)).toEqual([refused, refused, refused, refused, join(shared, "photos/a")]);
  });
});

import { describe, expect, it } from "vitest";
import { statusListPath } from "./status.ts";

const read = (path: string) => statusListPath(path === "" ? [] : path.split("/"));
const ALL = { onlineOnly: false, sort: "id", descending: false, limit: null, page: 0 };

describe("statusListPath", () => {
  it("reads every form, with and without a slash at the end", () => {
    const forms: [string, object][] = [
      ["", {}],
      ["25", { limit: 25 }],
      ["25/2", { limit: 25, page: 2 }],
      ["by/uptime", { sort: "uptime" }],
      ["by/uptime/25", { sort: "uptime", limit: 25 }],
      ["by/uptime/25/3", { sort: "uptime", limit: 25, page: 3 }],
      ["by/d/size", { sort: "size", descending: true }],
      ["by/d/contracts/15/2", { sort: "contracts", descending: true, limit: 15, page: 2 }],
      ["by/nonsense", { sort: "nonsense" }],
      ["by/d", { sort: "d" }],
    ];
    for (const [path, wanted] of forms) {
      expect(read(path)).toEqual({ ...ALL, ...wanted });
      expect(read(`${path}/`.replace(/^\//, ""))).toEqual({ ...ALL, ...wanted });
      const online = path === "" ? "online" : `online/${path}`;
      for (const form of [online, `${online}/`]) expect(read(form)).toEqual({ ...ALL, ...wanted, onlineOnly: true });
    }
  });

  it("knows no others", () => {
    for (const path of [
      "by",
      "a",
      "-1",
      "1.5",
      "1/2/3",
      "by/uptime/x",
      "by/uptime/1/2/3",
      "online/online",
      "25//",
      "by//5",
    ]) {
      expect(path === "by//5" ? read(path)?.sort : read(path)).toBe(path === "by//5" ? "" : undefined);
    }
  });

  it("keeps giant numbers within the database's reach", () => {
    expect(read(`${"9".repeat(400)}/${"9".repeat(400)}`)).toEqual({ ...ALL, limit: 2 ** 31 - 1, page: 2 ** 31 - 1 });
  });
});

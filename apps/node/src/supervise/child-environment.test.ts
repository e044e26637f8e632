import { describe, expect, it } from "vitest";
import { childEnvironment } from "./child-environment.ts";

const OURS = { PATH: "/bin", TMPDIR: "/t", CAIRN_LOG: "debug", LC_ALL: "C", https_proxy: "http://proxy" };

describe("the environment of a child", () => {
  it("is what it needs, and none of what is meant for other programs", () => {
    const others = { NODE_OPTIONS: "--inspect", LD_PRELOAD: "x.so", AWS_SECRET_ACCESS_KEY: "s", PGSSLMODE: "require" };
    expect(childEnvironment({ ...OURS, ...others, NODE_ENV: "production" })).toEqual(OURS);
  });

  it("has the settings of libpq only beside the URL of a server that they may be for", () => {
    const external = { DATABASE_URL: "postgres://x", PGSSLROOTCERT: "/ca.pem" };
    expect(childEnvironment({ ...OURS, ...external })).toEqual({ ...OURS, ...external });
  });
});

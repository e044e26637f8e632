import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const isThere = (program: string) => !spawnSync(program, ["--version"], { stdio: "ignore" }).error;

/** Debian package of each program that tests compare us with. */
const NEEDED: Record<string, string> = {
  gpg: "gnupg",
  chromium: "chromium",
  openssl: "openssl",
  python3: "python3",
  unzip: "unzip",
};

/** Install what tests need and the machine lacks, as root on Debian; otherwise say what to install. */
export function ensurePrograms(): void {
  const missing = Object.entries(NEEDED).filter(([program]) => !isThere(program));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    process.stdout.write(`installing ${packages.join(", ")}\n`);
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const apt = (...args: string[]) =>
      spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"], env: environment });
    const install = () => apt("install", "-y", "--no-install-recommends", ...packages).status === 0;
    if (install()) return;
    apt("update");
    if (install()) return;
  }
  process.stdout.write(
    `The tests need ${missing.map(([program]) => program).join(", ")}. Install ${packages.join(", ")} (Debian: apt-get install ${packages.join(" ")}); until then the tests that use it fail.\n`,
  );
}

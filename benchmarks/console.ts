/** The console in Chromium, with a network of its own: until each page paints first, with nothing cached, and until a figure on the page is what the API says. */
import { mkdir, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openConsole, type TestConsole, WALK } from "../apps/console/test/support/console.ts";

/** Of issue 9, in seconds. */
const PAINT_TARGET = 1;
const FIGURE_TARGET = 2;
const ROUNDS = 3;
const PUTS = 6;
const LOOK_MILLISECONDS = 50;
/** What a put changes on the overview. */
const FIGURES = ["packages", "copiesBytes"] as const;

const line = (what: string, seconds: readonly number[], target: number) => {
  const sorted = seconds.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  const [median, most] = [at(0.5), sorted.at(-1)!];
  process.stdout.write(
    `${what}: median ${median.toFixed(2)} s, most ${most.toFixed(2)} s of ${sorted.length}; target ${target} s: ${most <= target ? "met" : "MISSED"}\n`,
  );
};

type Page = Awaited<ReturnType<TestConsole["at"]>>;

const paintOf = (page: Page) =>
  page.evaluate<number | undefined>(
    `performance.getEntriesByType("paint").find(({ name }) => name === "first-contentful-paint")?.startTime`,
  );

const console = await openConsole({ providers: 4 });
try {
  const folder = join(console.network.directory, "begin");
  await mkdir(folder);
  await writeFile(join(folder, "letter"), "of the first put, which makes the account");
  await console.network.cli("put", folder, "--json");

  const paints: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [path] of WALK) {
      const page = await console.at(path);
      const painted = await paintOf(page);
      if (painted !== undefined) paints.push(painted / 1000);
      await console.closePages();
    }
  }
  line(`first contentful paint of ${WALK.length} pages, each in a new browser`, paints, PAINT_TARGET);

  const client = await console.network.client();
  const page = await console.at("/");
  await page.locator('.lamp[data-state="live"]').waitFor({ timeout: 60_000 });
  await page.evaluate(`
    window.changes = [];
    new MutationObserver(() => window.changes.push([Date.now(), Object.fromEntries(
      [...document.querySelectorAll("[data-figure]")].map((tile) => [tile.dataset.figure, tile.querySelector("b").textContent]))]))
      .observe(document.body, { subtree: true, childList: true, characterData: true })`);
  const told: { at: number; figure: string }[] = [];
  let over = false;
  const looking = (async () => {
    let before: Record<string, unknown> = await client.figures.now();
    while (!over) {
      const now: Record<string, unknown> = await client.figures.now();
      for (const figure of FIGURES) if (now[figure] !== before[figure]) told.push({ at: Date.now(), figure });
      before = now;
      await sleep(LOOK_MILLISECONDS);
    }
  })();
  for (let i = 0; i < PUTS; i++) {
    await writeFile(join(folder, `${i}`), Buffer.alloc(30_000 * (i + 1), i));
    await console.network.cli("put", folder, "--name", `put ${i}`, "--json");
  }
  await sleep(5000);
  over = true;
  await looking;
  const changes = await page.evaluate<[number, Record<string, string>][]>("window.changes");
  /** When the page first showed something else than before, of changes that are told apart. */
  const shown = (figure: string) =>
    changes.filter(([, texts], at) => at > 0 && texts[figure] !== changes[at - 1]![1][figure]).map(([at]) => at);
  const latencies = FIGURES.flatMap((figure) => {
    const on = shown(figure);
    return told
      .filter((one) => one.figure === figure)
      .flatMap(({ at }) => {
        // The page may be told before this program has asked.
        const next = on.find((time) => time >= at - 1000);
        return next === undefined ? [] : [Math.max(0, next - at) / 1000];
      });
  });
  line(`figures on the page after ${PUTS} puts, since the API says so`, latencies, FIGURE_TARGET);
  process.stdout.write(`load ${loadavg()[0]!.toFixed(1)}\n`);
} finally {
  await console.close();
}

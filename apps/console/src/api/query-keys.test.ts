import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "..");
/** A key, and the one question of the API that its answer comes from. */
const ASKED = /queryKey: (\[[^\]]*\]),\s*queryFn: \(\) =>\s*(client\.[\w.]+\([^()]*\))/g;

it("has one key for each question and one question for each key: an answer is nobody else's, and is not asked for twice", () => {
  const asked = globSync("**/*.{ts,tsx}", { cwd: SOURCES })
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap((file) =>
      [...readFileSync(join(SOURCES, file), "utf8").matchAll(ASKED)].map(([, key = "", question = ""]) => ({
        key,
        question,
      })),
    );
  expect(asked.length).toBeGreaterThan(30);
  const questions = Map.groupBy(asked, ({ key }) => key);
  const keys = Map.groupBy(asked, ({ question }) => question);
  for (const [key, all] of questions) expect([...new Set(all.map(({ question }) => question))], key).toHaveLength(1);
  for (const [question, all] of keys) expect([...new Set(all.map(({ key }) => key))], question).toHaveLength(1);
});

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "..");
/** What a click begins and nobody waits for: what it throws is seen by nobody. */
const UNSEEN = /onClick=\{\(\) =>[^{}]*?\bvoid\b/g;

/** How many such clicks each file has that show what goes wrong by themselves. */
const THEMSELVES: Record<string, number> = {
  // By its own Problem, which other buttons beside it share.
  "pages/packages/tabs/certificate-tab.tsx": 2,
  "pages/settings/account/sessions-card.tsx": 1,
  "pages/settings/notices/kinds-card.tsx": 1,
  "pages/wallets/add-coins.tsx": 1,
  "pages/wallets/history.tsx": 1,
  "pages/wallets/payment-order.tsx": 4,
  "pages/welcome/wallet-step.tsx": 1,
  // By a toast with what was to be copied.
  "pages/packages/package-page.tsx": 2,
  // By the query that is asked again.
  "pages/activity/notices-page.tsx": 2,
  "pages/activity/page.tsx": 1,
  // The dialog that asks for the passphrase says what is wrong with it; closing it is no failure.
  "pages/files/page.tsx": 1,
  "pages/overview/types.tsx": 1,
  "pages/settings/keys/page.tsx": 1,
  "pages/upload/waiting.tsx": 1,
  // It fails in the card of the upload that it makes.
  "pages/upload/there.tsx": 2,
  // It is the one that waits.
  "kit/act.tsx": 1,
};

it("is what does work that may fail: no click's failure is thrown away, but where it is shown otherwise", () => {
  const found = globSync("**/*.tsx", { cwd: SOURCES }).flatMap((file) => {
    const count = [...readFileSync(join(SOURCES, file), "utf8").matchAll(UNSEEN)].length;
    return count === 0 ? [] : [[file, count] as const];
  });
  expect(Object.fromEntries(found)).toEqual(THEMSELVES);
});

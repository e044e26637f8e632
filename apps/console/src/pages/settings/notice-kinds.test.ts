import { expect, it } from "vitest";
import * as engine from "../../../../../packages/accounts/src/notices/kinds.ts";
import { CHANNELS, FREQUENCIES, KINDS, NOTICE_DEFAULTS } from "./notice-kinds.ts";

it("offers the kinds, frequencies and channels that the engine takes, and resets to its defaults", () => {
  expect(KINDS).toEqual([...engine.NOTICE_KINDS]);
  expect(FREQUENCIES).toEqual(engine.ALLOWED_FREQUENCIES);
  expect(CHANNELS).toEqual(engine.CHANNELS);
  const { kinds, expiryDays, lowBalance } = engine.DEFAULT_NOTICE_SETTINGS;
  expect(NOTICE_DEFAULTS).toEqual({
    ...{ expiry: kinds.expiry.frequency, "balance-low": kinds["balance-low"].frequency },
    ...{ balance: kinds.balance.frequency, expiryDays, lowBalance: lowBalance.toString() },
  });
});

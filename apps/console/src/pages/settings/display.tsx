import type { SettingsJson } from "@cairn/client";
import { CairnError } from "@cairn/protocol/errors";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { queryClient } from "../../api/query-client.ts";
import { bytes, chooseUnits, chosenUnits } from "../../format/bytes.ts";
import { Asked, Button, Card, Choice, Field, Form, faultOf, Problem, toast } from "../../kit/index.ts";
import { storedTheme, storeTheme, THEMES } from "../../theme.ts";
import { display as words } from "../../words/display.ts";
import { shell } from "../../words/shell.ts";
import { DISPLAY_FIELDS } from "./display-fields.ts";
import { Frame } from "./frame.tsx";
import { Unsaved } from "./unsaved.tsx";

/** As the API has it where nothing is set. */
const CONFIRMATIONS = 5;
const HASH = `0x${"ab".repeat(32)}`;

function Display() {
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => client.settings() });
  return (
    <Frame title={words.title} lead={words.lead}>
      <ThisBrowser />
      <Card title={words.account.title}>
        <Asked query={settings}>{(found) => <ThisAccount key={found.version} settings={found} />}</Asked>
      </Card>
    </Frame>
  );
}

function ThisBrowser() {
  const [theme, setTheme] = useState(storedTheme);
  const [units, setUnits] = useState(chosenUnits);
  return (
    <Card title={words.here.title}>
      <div className="columns narrow start">
        <Choice
          label={words.here.theme}
          value={theme}
          choices={THEMES.map((one) => [one, shell.themes[one]] as const)}
          onChange={(next) => {
            setTheme(next);
            storeTheme(next);
          }}
        />
        <div className="stack tight">
          <Choice
            label={words.here.units}
            value={units}
            choices={(["decimal", "binary"] as const).map((one) => [one, words.here.unitsOf[one]] as const)}
            onChange={(next) => {
              setUnits(next);
              chooseUnits(next);
            }}
          />
          <span className="soft">{words.here.example(bytes(500_000_000_000, units))}</span>
        </div>
      </div>
    </Card>
  );
}

function ThisAccount({ settings }: { settings: SettingsJson }) {
  const rates = useQuery({ queryKey: ["fiat", "rates"], queryFn: () => client.fiat.rates() });
  const [currency, setCurrency] = useState(settings.currency ?? "");
  const [confirmations, setConfirmations] = useState(String(settings.confirmations ?? ""));
  const [explorer, setExplorer] = useState(settings.explorer ?? "");
  const known = rates.data?.rates ?? [];
  const currencies = [...new Set([...known.map((one) => one.currency), ...(currency === "" ? [] : [currency])])];
  const rate = known.find((one) => one.currency === currency);
  const changed =
    currency !== (settings.currency ?? "") ||
    confirmations !== String(settings.confirmations ?? "") ||
    explorer !== (settings.explorer ?? "");
  const save = async () => {
    const { currency: _, confirmations: _count, explorer: _link, ...rest } = settings;
    const number = Number(confirmations);
    try {
      const saved = await client.changeSettings({
        ...rest,
        ...(currency === "" ? {} : { currency }),
        // What is no number is the gateway's to refuse, beside its field.
        ...(confirmations.trim() === ""
          ? {}
          : { confirmations: Number.isFinite(number) ? number : (confirmations as never) }),
        ...(explorer.trim() === "" ? {} : { explorer: explorer.trim() }),
      });
      queryClient.setQueryData(["settings"], saved);
      void queryClient.invalidateQueries({ queryKey: ["settings", "storing"] });
      void queryClient.invalidateQueries({ queryKey: ["figures"] });
      toast(words.account.saved);
    } catch (error) {
      if (!(error instanceof CairnError) || error.code !== "settings-changed") throw error;
      toast(<Problem error={error} />);
      await queryClient.invalidateQueries({ queryKey: ["settings"] });
    }
  };
  return (
    <Form onSubmit={save} fields={DISPLAY_FIELDS}>
      {({ error, busy }) => (
        <>
          <Unsaved when={changed} />
          <div className="columns narrow start">
            <div className="stack tight">
              <Choice
                label={words.account.currency}
                value={currency}
                choices={[["", words.account.none], ...currencies.map((one) => [one, one.toUpperCase()] as const)]}
                onChange={setCurrency}
              />
              {currency !== "" && rates.data !== undefined ? (
                <span className="soft">
                  {rate === undefined ? words.account.noRate : words.account.rate(rate.rate, currency, rate.day)}
                </span>
              ) : rates.data !== undefined && known.length === 0 ? (
                <span className="soft">
                  {words.account.noRates} {words.account.noRatesNext}
                </span>
              ) : null}
            </div>
            <Field
              label={words.account.confirmations}
              inputMode="numeric"
              value={confirmations}
              placeholder={words.account.asUsual(CONFIRMATIONS)}
              hint={words.account.confirmationsHint}
              fault={faultOf(error, "confirmations")}
              onChange={(event) => setConfirmations(event.target.value)}
            />
          </div>
          <Field
            label={words.account.explorer}
            type="url"
            value={explorer}
            placeholder={words.account.explorerPlaceholder}
            hint={
              explorer.includes("{tx}")
                ? words.account.becomes(explorer.replace("{tx}", HASH))
                : words.account.explorerHint
            }
            fault={faultOf(error, "explorer")}
            onChange={(event) => setExplorer(event.target.value)}
          />
          <div className="row">
            <Button type="submit" kind="main" busy={busy}>
              {words.account.save}
            </Button>
          </div>
        </>
      )}
    </Form>
  );
}

export const page = createLazyRoute("/settings/display")({ component: Display });

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Page, Tabs } from "../../kit/index.ts";
import { settings as words } from "../../words/settings.ts";

/** The frame of every page of settings: which there are, each with a URL. */
export function Frame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <Page title={title} lead={lead}>
      <Tabs label={words.tabs.label}>
        <Link to="/settings" activeOptions={{ exact: true }}>
          {words.tabs.storing}
        </Link>
        <Link to="/settings/notices">{words.tabs.notices}</Link>
        <Link to="/settings/checks">{words.tabs.schedules}</Link>
        <Link to="/settings/display">{words.tabs.display}</Link>
        <Link to="/settings/keys">{words.tabs.keys}</Link>
        <Link to="/settings/account">{words.tabs.account}</Link>
      </Tabs>
      {children}
    </Page>
  );
}

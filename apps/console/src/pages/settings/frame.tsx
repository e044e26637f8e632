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
      </Tabs>
      {children}
    </Page>
  );
}

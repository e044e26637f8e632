import { Link } from "@tanstack/react-router";
import { Tabs } from "../../kit/index.ts";
import { activity } from "../../words/activity.ts";
import { notices } from "../../words/notices.ts";

export const ActivityTabs = () => (
  <Tabs label={activity.title}>
    <Link to="/activity" activeOptions={{ exact: true, includeSearch: false }}>
      {notices.list.events}
    </Link>
    <Link to="/activity/notices" activeOptions={{ includeSearch: false }}>
      {notices.list.title}
    </Link>
  </Tabs>
);

import { createRootRoute } from "@tanstack/react-router";
import { Shell } from "./shell.tsx";

/** The parent of every page. */
export const shellRoute = createRootRoute({ component: Shell });

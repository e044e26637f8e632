// Runs before the first paint: a theme that the person chose must not flash in the other one.
import { applyTheme, storedTheme } from "./theme.ts";

applyTheme(storedTheme());

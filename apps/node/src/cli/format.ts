/** How commands write figures. */
export { compareCoins, formatCoins } from "@cairn/core/coins";
export { counted, formatBytes, formatDuration, minuteWords } from "@cairn/core/format";

/** The first characters of an id, address or hash, with an ellipsis: `0x12345678…`. The whole stands beside it as a title. */
export const shortId = (id: string): string => {
  const length = id.startsWith("0x") ? 10 : 8;
  return id.length <= length + 1 ? id : `${id.slice(0, length)}…`;
};

/** The address that farmer `number` comes from, as a proxy would name it. */
export function farmerAddress(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}

/** Where an address is, as the status routes show it. Every part that is not known is null; degrees as decimals. */
export interface Location {
  country: string | null;
  state: string | null;
  city: string | null;
  zip: string | null;
  lat: number | null;
  lon: number | null;
}

export const NOWHERE: Location = Object.freeze({
  country: null,
  state: null,
  city: null,
  zip: null,
  lat: null,
  lon: null,
});

export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

export const readLocality = (message: Readonly<Record<string, any>> | undefined): Locality => ({
  region: message?.region ?? '',
  zone: message?.zone ?? '',
  subZone: message?.subZone ?? '',
});

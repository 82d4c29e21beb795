const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const pad = (value: number, width: number) => String(value).padStart(width, '0');

/** Nanosecond digits of the fraction of a second; wall clocks here have milliseconds. */
const fraction = (at: Date, digits: number) => `${pad(at.getUTCMilliseconds(), 3)}000000`.slice(0, digits);

const specifiers: Readonly<Record<string, (at: Date) => string>> = {
  Y: (at) => String(at.getUTCFullYear()),
  y: (at) => pad(at.getUTCFullYear() % 100, 2),
  m: (at) => pad(at.getUTCMonth() + 1, 2),
  d: (at) => pad(at.getUTCDate(), 2),
  e: (at) => String(at.getUTCDate()).padStart(2, ' '),
  H: (at) => pad(at.getUTCHours(), 2),
  I: (at) => pad(at.getUTCHours() % 12 || 12, 2),
  M: (at) => pad(at.getUTCMinutes(), 2),
  S: (at) => pad(at.getUTCSeconds(), 2),
  p: (at) => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
  j: (at) =>
    pad(
      Math.floor(
        (Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()) -
          Date.UTC(at.getUTCFullYear(), 0, 0)) /
          86_400_000,
      ),
      3,
    ),
  b: (at) => months[at.getUTCMonth()]!,
  a: (at) => days[at.getUTCDay()]!,
  u: (at) => String(at.getUTCDay() || 7),
  w: (at) => String(at.getUTCDay()),
  s: (at) => String(Math.floor(at.getTime() / 1000)),
  F: (at) => at.toISOString().slice(0, 10),
  T: (at) => at.toISOString().slice(11, 19),
  R: (at) => at.toISOString().slice(11, 16),
  D: (at) =>
    `${pad(at.getUTCMonth() + 1, 2)}/${pad(at.getUTCDate(), 2)}/${pad(at.getUTCFullYear() % 100, 2)}`,
  Z: () => 'UTC',
  z: () => '+0000',
  n: () => '\n',
  t: () => '\t',
  f: (at) => fraction(at, 9),
};

const pattern = /%(?:E(\d)S|E(\*)S|E(z)|([1-9])f|(.))/g;

/** A `strftime` format with Envoy's `%3f` and `%E3S`; unknown specifiers stay as they are. */
export function compileTimeFormat(format: string): (unixMilliseconds: number) => string {
  if (format === '') return (at) => new Date(at).toISOString();
  return (unixMilliseconds) => {
    const at = new Date(unixMilliseconds);
    return format.replace(pattern, (whole, digits, star, zone, short, letter) => {
      if (digits !== undefined)
        return `${pad(at.getUTCSeconds(), 2)}${digits === '0' ? '' : `.${fraction(at, Number(digits))}`}`;
      if (star) return `${pad(at.getUTCSeconds(), 2)}.${pad(at.getUTCMilliseconds(), 3)}`;
      if (zone) return '+00:00';
      if (short !== undefined) return fraction(at, Number(short));
      if (letter === '%') return '%';
      return specifiers[letter]?.(at) ?? whole;
    });
  };
}

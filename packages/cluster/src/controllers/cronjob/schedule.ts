const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const named: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** A schedule in cron's five fields. */
export interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** With both restricted, a day that fits either of the two fits. */
  readonly eitherDay: boolean;
  readonly timeZone: string;
}

/** Throws an Error that names the field it cannot read. */
export function parseSchedule(text: string, timeZone = 'UTC'): Schedule {
  const fields = (named[text.trim()] ?? text).trim().split(/\s+/);
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${text}]`);
  const [minutes, hours, days, month, weekday] = fields as [string, string, string, string, string];
  const week = parseField(weekday, 0, 7, weekdays);
  return {
    minutes: parseField(minutes, 0, 59),
    hours: parseField(hours, 0, 23),
    days: parseField(days, 1, 31),
    months: parseField(month, 1, 12, months),
    weekdays: new Set([...week].map((day) => day % 7)),
    eitherDay: !/^[*?]/.test(days) && !/^[*?]/.test(weekday),
    timeZone,
  };
}

function parseField(text: string, low: number, high: number, names: readonly string[] = []): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part);
    if (!match) throw new Error(`failed to parse "${part}" in the schedule`);
    const any = match[1] === '*' || match[1] === '?';
    const first = any ? low : toNumber(match[1]!, low, names);
    const last = any ? high : match[2] ? toNumber(match[2], low, names) : match[3] ? high : first;
    const step = Number(match[3] ?? 1);
    if (first < low || last > high || first > last || step === 0)
      throw new Error(`"${part}" is out of range`);
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return values;
}

function toNumber(text: string, low: number, names: readonly string[]): number {
  const at = names.indexOf(text.toLowerCase());
  if (at >= 0) return low === 1 ? at + 1 : at;
  if (!/^\d+$/.test(text)) throw new Error(`failed to parse "${text}" in the schedule`);
  return Number(text);
}

const minute = 60_000;
/** Schedules such as 30 February never come; the search ends. */
const farthest = 5 * 366 * 24 * 60;

/** The first time after `after` (milliseconds) that fits; undefined when there is none in five years. */
export function nextTime(schedule: Schedule, after: number): number | undefined {
  let time = Math.floor(after / minute) * minute + minute;
  const parts = partsIn(schedule.timeZone);
  for (let left = farthest; left > 0; ) {
    const { month, day, weekday, hour, minute: at } = parts(time);
    if (!schedule.months.has(month) || !fitsDay(schedule, day, weekday)) {
      const skip = 24 * 60 - (hour * 60 + at);
      // Not past the next midnight by more than a change of clocks: look again an hour before.
      const step = skip > 120 ? skip - 60 : Math.min(skip, 60 - at);
      time += step * minute;
      left -= step;
    } else if (!schedule.hours.has(hour)) {
      time += (60 - at) * minute;
      left -= 60 - at;
    } else if (schedule.minutes.has(at)) {
      return time;
    } else {
      time += minute;
      left--;
    }
  }
  return undefined;
}

function fitsDay(schedule: Schedule, day: number, weekday: number): boolean {
  const byDay = schedule.days.has(day);
  const byWeekday = schedule.weekdays.has(weekday);
  return schedule.eitherDay ? byDay || byWeekday : byDay && byWeekday;
}

interface Parts {
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
}

function partsIn(timeZone: string): (time: number) => Parts {
  if (timeZone === 'UTC') {
    return (time) => {
      const date = new Date(time);
      return {
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        weekday: date.getUTCDay(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
      };
    };
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (time) => {
    const found = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    return {
      month: Number(found.month),
      day: Number(found.day),
      weekday: weekdays.indexOf(found.weekday!.toLowerCase()),
      hour: Number(found.hour),
      minute: Number(found.minute),
    };
  };
}

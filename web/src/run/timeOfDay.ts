// When something happened by the clock of who looks: `15:51:25`, and to the millisecond where facts are told apart.

const SECONDS: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const TO_SECONDS = new Intl.DateTimeFormat("en", SECONDS);
const TO_MILLISECONDS = new Intl.DateTimeFormat("en", { ...SECONDS, fractionalSecondDigits: 3 });

/** `at` is a time of a fact, or milliseconds since the epoch; "" for what is none. */
export function timeOfDay(at: string | number | undefined, isExact = false): string {
  const time = new Date(at ?? NaN);
  if (Number.isNaN(time.getTime())) return "";
  return (isExact ? TO_MILLISECONDS : TO_SECONDS).format(time);
}

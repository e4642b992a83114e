/** Longest watch.toml, bytes: hundreds of owners with a mail each. */
export const CONFIG_FILE_MAX_BYTES = 256 * 1024;
/** Longest time between two runs: a scope is rarely in force for more than a year. */
export const EVERY_MAX_HOURS = 366 * 24;
/** Longest random delay before a run: more would leave its night. */
export const JITTER_MAX_MINUTES = 12 * 60;
/** Mails and webhooks of one watch: an owner each, in a region. */
export const CHANNELS_MAX = 500;
/** Recipients of one mail; more belong on a mailing list. */
export const RECIPIENTS_MAX = 50;
/** Longest secret file, bytes: a password, or the key of a certificate, which may be RSA. */
export const SECRET_MAX_BYTES = 16 * 1024;
/** Shortest key of a signature and shortest token: 128 bits in hexadecimal. */
export const SECRET_MIN_CHARACTERS = 32;
/** Slots walked over after a long rest; ten thousand days are a clock that was never set. */
export const SLOTS_WALKED_MAX = 10_000;
/** The wait for the next run is cut into pieces: a machine that slept, or a clock that was set, is noticed after one. */
export const WAIT_PIECE_MS = 60_000;
/** A run that could not begin (a name did not resolve) is tried again after an hour, three times, then at its next time. */
export const RETRY_AFTER_MS = 3_600_000;
export const RETRIES_MAX = 3;
/** Changes that one mail lists. */
export const MAIL_ITEMS_MAX = 200;
/** Changes that one webhook body, and one run in the history, lists; the run's folder has all. */
export const ITEMS_MAX = 2_000;
/** Tries of one alert in a row, and the first wait between them, which doubles each time: 2, 4, 8 seconds. */
export const DELIVERY_TRIES_MAX = 4;
export const DELIVERY_BACK_OFF_MS = 2_000;
/** For one try, connection and answer together. */
export const DELIVERY_TIMEOUT_MS = 20_000;
/** An alert that found nobody is tried again every hour, when the textfile is written anew, too ... */
export const HOUSEKEEPING_MS = 3_600_000;
/** ... for a week: older news is in the next alert, and in the history. */
export const ALERT_KEPT_MS = 7 * 86_400_000;
/** Answer of a webhook that is read before it is cut off, bytes; nothing in it is used. */
export const WEBHOOK_ANSWER_MAX_BYTES = 16 * 1024;
/** Connections of scrapers at once: one Prometheus, a second one, and somebody who looks. */
export const METRICS_CONNECTIONS_MAX = 16;
/** For one scrape, headers included. */
export const METRICS_TIMEOUT_MS = 10_000;
/** How long a command waits for another process's write to the history. */
export const HISTORY_BUSY_MS = 5_000;
/** An interrupted run older than this is not gone on with: what it saw first would no longer be true. */
export const RESUME_MAX_MS = 14 * 86_400_000;

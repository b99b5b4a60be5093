import type { Writable } from 'node:stream';
import winston from 'winston';
import type { Log, LogFields, LogLevel } from '../ports/log.ts';
import { type LogRecord, recordToJson, recordToPretty } from './record-text.ts';
import { makeRepeatLimit } from './repeat-limit.ts';
import { makeSecrets } from './secrets.ts';

export type LogOptions = {
  readonly level: LogLevel;
  /** `pretty`: a line for people. `json`: a line for collectors. */
  readonly format: 'pretty' | 'json';
  /** Standard error when left out. */
  readonly stream?: Writable & { readonly isTTY?: boolean };
  /** Values that may never be written: tokens and passwords. More can be added by `hide`. */
  readonly secrets?: readonly string[];
  /** Told of every record that is written, before it is. */
  readonly onRecord?: (level: LogLevel) => void;
  readonly nowMs?: () => number;
};

/** The log of the process, with what its owner may do to it. */
export interface RootLog extends Log {
  /** From now on this value is written as `[hidden]`, in messages and fields, also inside longer texts. */
  hide(secret: string): void;
  setLevel(level: LogLevel): void;
  /** Writes what is still counted as repeated, and resolves when everything is handed to the stream. */
  close(): Promise<void>;
}

const RANK: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
/** How often repeated records are summed up. */
const SUMMARY_MS = 10_000;

/**
 * A log on winston. Warnings and errors that repeat are summed up after the twentieth in ten seconds; a field `stack` is
 * only written at level `debug`. A reader that goes away (a closed pipe) silences the log and harms nothing else.
 */
export function makeLog(options: LogOptions): RootLog {
  const stream = options.stream ?? process.stderr;
  const nowMs = options.nowMs ?? Date.now;
  const secrets = makeSecrets();
  for (const secret of options.secrets ?? []) secrets.hide(secret);
  const repeats = makeRepeatLimit();
  const terminal = stream.isTTY === true;
  const style = { colours: terminal && process.env.NO_COLOR === undefined, localTime: terminal };
  let level = options.level;

  stream.on('error', ignoreLostReader);
  const logger = winston.createLogger({
    level: 'debug',
    levels: RANK,
    format: winston.format.printf((info) =>
      options.format === 'json'
        ? recordToJson(info.record as LogRecord)
        : recordToPretty(info.record as LogRecord, style),
    ),
    transports: [new winston.transports.Stream({ stream })],
    exitOnError: false,
  });
  logger.on('error', ignoreLostReader);

  const put = (at: LogLevel, message: string, fields: LogFields): void => {
    const clean: Record<string, string | number | boolean> = Object.create(null);
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined || (name === 'stack' && level !== 'debug')) continue;
      clean[secrets.redact(name)] = typeof value === 'string' ? secrets.redact(value, name) : value;
    }
    const record: LogRecord = { timeMs: nowMs(), level: at, message: secrets.redact(message), fields: clean };
    options.onRecord?.(at);
    logger.log({ level: at, message: '', record });
  };
  const sumUp = (): void => {
    for (const { text, suppressed } of repeats.expired(nowMs())) put('warn', text, { repeatedMore: suppressed });
  };
  const write = (at: LogLevel, message: string, fields: LogFields): void => {
    if (RANK[at] > RANK[level]) return;
    if (RANK[at] <= RANK.warn) {
      sumUp();
      if (!repeats.admit(message, nowMs())) return;
    }
    put(at, message, fields);
  };
  const timer = setInterval(sumUp, SUMMARY_MS).unref();

  return {
    ...logWith(write, {}),
    hide: secrets.hide,
    setLevel(next) {
      level = next;
    },
    close() {
      clearInterval(timer);
      for (const { text, suppressed } of repeats.expired(Number.POSITIVE_INFINITY))
        put('warn', text, { repeatedMore: suppressed });
      return new Promise((resolve) => {
        logger.once('finish', () => {
          stream.removeListener('error', ignoreLostReader);
          resolve();
        });
        logger.end();
      });
    },
  };
}

type Write = (level: LogLevel, message: string, fields: LogFields) => void;

function logWith(write: Write, base: LogFields): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, message, { ...base, ...fields });
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    with: (fields) => logWith(write, { ...base, ...fields }),
  };
}

/** EPIPE and the like: there is nobody left to tell. */
function ignoreLostReader(): void {}

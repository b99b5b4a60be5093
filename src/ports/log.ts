export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
/** Fields of a log record. Never secrets; message text only where the configuration's `log.lines` asks for it. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** The same log with fields added to each record. */
  with(fields: LogFields): Log;
}

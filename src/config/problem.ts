/** One mistake (or, in `warnings`, one thing worth knowing) in a file that a person wrote. */
export type ConfigProblem = {
  /** The file as the caller named it. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** Where in the file's tree: `networks[0].puppets.max`; empty for the file itself. */
  readonly path: string;
  /** What is wrong, as a sentence. */
  readonly text: string;
  /** What to do or write instead, as a sentence; may be empty where `text` says it. */
  readonly remedy: string;
};

/** Place in a tree of maps and lists. */
export type Path = readonly (string | number)[];

/** `networks[0].bot.nick` */
export function renderPath(path: Path): string {
  let out = '';
  for (const step of path) {
    if (typeof step === 'number') out += `[${step}]`;
    else out += out === '' ? showKey(step) : `.${showKey(step)}`;
  }
  return out;
}

/** A key as a message may carry it: whatever it holds, it stays one short piece of one line. */
export function showKey(name: string): string {
  return /^[\w<-]{1,60}$/.test(name) ? name : show(name);
}

/** A value as a message may carry it: quoted, escaped, cut. Never give it a secret. */
export function show(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}

const byPlace = (a: ConfigProblem, b: ConfigProblem): number =>
  a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;

/** One line a problem, in the order of the files: `config.yaml:14:5: what is wrong. What to write instead.` */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  return [...problems]
    .sort(byPlace)
    .map(
      ({ file, line, column, text, remedy }) =>
        `${file}:${line}:${column}: ${text}${remedy === '' ? '' : ` ${remedy}`}`,
    )
    .join('\n');
}

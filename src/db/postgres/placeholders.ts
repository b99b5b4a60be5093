/** Quoted text, quoted names and comments, in which a question mark is only that; or a place for a value. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g;

/** PostgreSQL's `$1, $2, …` for our `?`. */
export function numberPlaceholders(query: string): string {
  let count = 0;
  return query.replace(TOKEN, (token) => {
    if (token !== '?') return token;
    count += 1;
    return `$${count}`;
  });
}

const tasks = new Set<() => void>();

/** Calls back, synchronously, when this process ends in good order. The function returned takes it back. */
export function atExit(task: () => void): () => void {
  if (!process.listeners('exit').includes(runAll)) process.on('exit', runAll);
  tasks.add(task);
  return () => tasks.delete(task);
}

function runAll(): void {
  for (const task of tasks) task();
}

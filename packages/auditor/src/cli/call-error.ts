/** The command was called with something it cannot take. Exit code 2. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** What to do next, a command where there is one. */
  readonly next: string;

  constructor(message: string, next: string) {
    super(message);
    this.next = next;
  }
}

/** What a person is told: what went wrong, and what to do next where that is known. */
export function failureText(error: unknown): string {
  const message = error instanceof Error ? error.message : 'unknown failure';
  const next = error instanceof CallError ? `  -> ${error.next}\n` : '';
  return `leadglass-auditor: ${message}\n${next}`;
}

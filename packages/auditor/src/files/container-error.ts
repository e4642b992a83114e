/** An archive that costs more than it is worth, or none. */
export class ContainerError extends Error {
  override readonly name = 'ContainerError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** 192.0.2.1:104, [2001:db8::1]:104 (RFC 3986 3.2.2). */
export function endpoint(system: string, port: number): string {
  return system.includes(':') ? `[${system}]:${port}` : `${system}:${port}`;
}

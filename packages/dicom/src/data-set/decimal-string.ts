/** PS3.5 Table 6.2-1: a DS value has 16 bytes at most. */
const decimalStringLengthMax = 16;

/** A finite number as DS: its shortest exact text if that fits, else as many digits as 16 bytes hold. */
export function formatDecimalString(value: number): string {
  const exact = String(value);
  if (exact.length <= decimalStringLengthMax) return exact;
  for (let digits = decimalStringLengthMax; digits > 0; digits--) {
    const fixed = shorter(value.toPrecision(digits), value.toExponential(digits - 1));
    if (fixed.length <= decimalStringLengthMax) return fixed;
  }
  return value.toExponential(0);
}

function shorter(first: string, second: string): string {
  return first.length <= second.length ? first : second;
}

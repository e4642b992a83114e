/** A copy with the bytes of each unit in reverse order; bytes behind the last whole unit stay as they are. */
export function swapped(bytes: Uint8Array, unit: 1 | 2 | 4 | 8): Uint8Array {
  if (unit === 1) return bytes;
  // Not bytes.slice(): a Node Buffer's gives a view, and the caller's bytes would be swapped.
  const result = new Uint8Array(bytes);
  for (let start = 0; start + unit <= result.length; start += unit) {
    result.subarray(start, start + unit).reverse();
  }
  return result;
}

/** Qualitative severity rating scale of CVSS 3.1 (specification, section 5). */
export type Severity = 'none' | 'low' | 'medium' | 'high' | 'critical';

/** From the worst to the least. */
export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'none'];

/** @param score CVSS 3.1 base score, 0.0 to 10.0 */
export function severityOf(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  if (score > 0) return 'low';
  return 'none';
}

/** The form of a login page, as far as it must be known to send it empty. */
export interface LoginForm {
  /** Origin form; on the same server. */
  readonly action: string;
  readonly fields: readonly string[];
}

/** Fields of a form; a login has two or three. */
const FIELDS_MAX = 12;

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(
    `\\b${name}\\s*=\\s*(?:"([^"]{0,200})"|'([^']{0,200})'|([^\\s"'>]{1,200}))`,
    'i',
  ).exec(tag);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}

/**
 * The first form with a password field that is sent by POST to the same server; undefined when there is none. Hidden
 * fields that hold a token against forgery are not sent, so that such a login ends as refused.
 */
export function loginFormOf(page: string): LoginForm | undefined {
  for (const found of page.matchAll(/<form\b[^>]{0,1000}>/gi)) {
    const end = page.indexOf('</form', found.index);
    const inner = page.slice(found.index + found[0].length, end < 0 ? undefined : end);
    const inputs = [...inner.matchAll(/<input\b[^>]{0,1000}>/gi)].slice(0, FIELDS_MAX).map(([tag]) => tag);
    if (!inputs.some((tag) => attribute(tag, 'type')?.toLowerCase() === 'password')) continue;
    if (attribute(found[0], 'method')?.toLowerCase() !== 'post') continue;
    const action = attribute(found[0], 'action') ?? '/';
    // Another server is another scope.
    if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(action)) continue;
    const typed = inputs.filter((tag) => /^(?:text|email|password)$/i.test(attribute(tag, 'type') ?? 'text'));
    return {
      action: action.startsWith('/') ? action : `/${action}`,
      fields: typed.flatMap((tag) => attribute(tag, 'name') ?? []),
    };
  }
  return undefined;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export const SAFE_URL = 'must be an https URL (http only to loopback) without user, query and fragment';

/** Whether what is read there can be believed: https, or this very machine. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text) || /[?#\s]/.test(text)) return false;
  const { protocol, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(text));
}

export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname);

// What the browser shows when it comes back from the service: one page with nothing from elsewhere. All that comes from outside
// is escaped here, and no other style or script than the page's own is run.
import { createHash } from 'node:crypto';

export interface LoopbackPage {
  readonly status: number;
  /** How it went, for eyes: a check mark, a cross, or neither. */
  readonly tone: 'good' | 'bad' | 'plain';
  readonly title: string;
  readonly sentences: readonly string[];
  /** Something to type. */
  readonly command?: string;
  /** An answer behind the `#`, which browsers keep to themselves, is asked for once more as a query. */
  readonly unfold?: boolean;
}

const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#4d5762;--line:#d5dbe1;--card:#fff;--back:#e9f2fa;--good:#0b7a3e;--bad:#b3261e;--plain:#0b67b8}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a7b3bf;--line:#3a4652;--card:#1c242c;--back:#0f151b;--good:#5fd08f;--bad:#ff8a80;--plain:#4aa3e8}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;grid-template-columns:minmax(0,1fr);place-items:center;padding:1rem;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",sans-serif}
main{width:100%;max-width:28rem;padding:2rem clamp(1rem,6vw,1.75rem);background:var(--card);border:1px solid var(--line);border-radius:12px;text-align:center;overflow-wrap:anywhere}
svg{width:3.5rem;height:3.5rem}.good svg{color:var(--good)}.bad svg{color:var(--bad)}.plain svg{color:var(--plain)}
h1{margin:.75rem 0 .5rem;font-size:1.45rem;font-weight:600;line-height:1.25}p{margin:.5rem 0;color:var(--soft)}
code{display:inline-block;margin-top:.5rem;padding:.35rem .7rem;border:1px solid var(--line);border-radius:6px;color:var(--ink);font:15px/1.4 ui-monospace,monospace}`;

const script = `if(location.hash.length>1&&!location.search)location.replace(location.pathname+'?'+location.hash.slice(1))`;

const marks: Readonly<Record<LoopbackPage['tone'], string>> = {
  good: '<circle cx="24" cy="24" r="21"/><path d="m15 25 6 6 12-13"/>',
  bad: '<circle cx="24" cy="24" r="21"/><path d="m17 17 14 14m0-14L17 31"/>',
  plain: '<path d="M16 34h20a7 7 0 0 0 1.6-13.8A10 10 0 0 0 18.5 17 8 8 0 0 0 10 24.5 5 5 0 0 0 11 34z"/>',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; img-src data:; style-src ${digest(style)}; script-src ${digest(script)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
};

export const pageHtml = ({ tone, title, sentences, command, unfold }: LoopbackPage): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(title)} – skydrive</title><link rel="icon" href="data:,"><style>${style}</style>${unfold === true ? `<script>${script}</script>` : ''}</head>
<body><main class="${tone}"><svg viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${marks[tone]}</svg>
<h1>${escaped(title)}</h1>
${sentences.map((sentence) => `<p>${escaped(sentence)}</p>`).join('\n')}
${command === undefined ? '' : `<code>${escaped(command)}</code>`}
</main></body></html>
`;

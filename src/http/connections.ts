// DOOR to https-proxy-agent and proxy-from-env. Connections that are kept for further requests: to the service itself, or, where the
// environment names a proxy (HTTPS_PROXY, NO_PROXY …), as tunnels through that. axios's own tunnels serve one request each.
import { type Agent, type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

/** They are kept for less time than the usual servers keep them, so that few requests meet one being closed. */
const keeping = { keepAlive: true, keepAliveMsecs: 1000, maxFreeSockets: 16, timeout: 4000 };

export const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);

/** The URL of the proxy that leads there; undefined where none is to be asked. */
const proxyFor = (url: URL): string | undefined =>
  isLoopback(url.hostname) ? undefined : getProxyForUrl(url.href) || undefined;

const openTunnels = async (
  proxy: string,
  protocol: string,
  options: AgentOptions,
): Promise<HttpsProxyAgent<string>> => {
  // Loaded only where there is a proxy, which is seldom.
  const agents = await import('https-proxy-agent');
  const tunnels = new agents.HttpsProxyAgent(proxy, options);
  // Unless it is told, it finds out anew with each request, by a stack trace.
  tunnels.protocol = protocol;
  return tunnels;
};

/** For one connection that nobody shares, through the proxy if there is one; `false` is Node's word for no agent. */
export const agentForOne = async (url: URL): Promise<Agent | false> => {
  const proxy = proxyFor(url);
  return proxy === undefined ? false : await openTunnels(proxy, url.protocol, {});
};

export class Connections {
  readonly http = new HttpAgent(keeping);
  readonly #https = new HttpsAgent(keeping);
  /** By the URL of the proxy. */
  readonly #tunnels = new Map<string, Promise<HttpsProxyAgent<string>>>();

  async agentFor(url: URL): Promise<Agent> {
    if (url.protocol === 'http:') return this.http;
    const proxy = proxyFor(url);
    if (proxy === undefined) return this.#https;
    const known = this.#tunnels.get(proxy) ?? openTunnels(proxy, url.protocol, keeping);
    this.#tunnels.set(proxy, known);
    return await known;
  }

  close(): void {
    this.http.destroy();
    this.#https.destroy();
    for (const tunnels of this.#tunnels.values()) void tunnels.then((agent) => agent.destroy());
  }
}

// A CONNECT proxy that leads the names of the service to a server on this machine, and refuses all others: for clients that can't be
// told another address (HTTPS_PROXY). The server behind it needs a certificate for those names, see certificate.ts.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface LoopbackProxy extends AsyncDisposable {
  readonly url: string;
  /** Names that were asked for, in order. */
  readonly asked: readonly string[];
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** Leads every host in `names` to `port` of this machine, whatever port was asked for. */
export const loopbackProxy = async (port: number, names: readonly string[]): Promise<LoopbackProxy> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', keep);
  server.on('connect', (request, socket, head) => {
    const name = (request.url ?? '').replace(/:\d+$/, '');
    asked.push(name);
    if (!names.includes(name)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    keep(target);
    socket.once('close', () => target.destroy());
    target.once('close', () => socket.destroy());
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { url, asked, [Symbol.asyncDispose]: close };
};

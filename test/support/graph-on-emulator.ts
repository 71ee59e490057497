// A graph drive on an emulator of its own, in strict mode, with the emulator's log of what was asked.
import type { Item } from '../../src/drive/drive.ts';
import type { GraphDriveOptions } from '../../src/drive/graph/graph-drive.ts';
import { GraphDrive } from '../../src/drive/graph/graph-drive.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/emulator-options.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import { HttpClient } from '../../src/http/http-client.ts';
import { settled } from './live-on-emulator.ts';

export interface GraphOnEmulator extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly drive: GraphDrive;
  readonly root: Item;
  /** Kinds of the requests that `work` made, in their order. */
  asked(work: () => Promise<unknown>): Promise<string[]>;
  /** Another client; of the same drive, unless the options say otherwise. */
  another(options?: Partial<GraphDriveOptions> & { readonly account?: string }): GraphDrive;
  /** Switches quirks on, and all others off. */
  quirks(values: Readonly<Record<string, number | string | boolean>>): void;
}

export interface GraphOnEmulatorOptions {
  readonly emulator?: EmulatorOptions;
  readonly drive?: Partial<GraphDriveOptions>;
  readonly http?: Partial<HttpClientOptions>;
}

export const graphOnEmulator = async (options: GraphOnEmulatorOptions = {}): Promise<GraphOnEmulator> => {
  const emulator = await startEmulator({ strict: true, ...options.emulator });
  const clients: HttpClient[] = [];
  const another: GraphOnEmulator['another'] = ({ account, ...more } = {}) => {
    const who = account === undefined ? {} : { account };
    let { accessToken } = emulator.admin.token(who);
    const renew = async (): Promise<string> => {
      ({ accessToken } = emulator.admin.token(who));
      return accessToken;
    };
    const tokens = { token: async () => accessToken, renew };
    const http = new HttpClient({ base: `${emulator.url}/v1.0/`, tokens, ...options.http });
    clients.push(http);
    return new GraphDrive({ http, ...options.drive, ...more });
  };
  const drive = another();
  const root = await drive.root();
  return {
    ...{ emulator, drive, root, another },
    quirks: (values) => void emulator.admin.set({ quirks: values }),
    asked: async (work) => {
      await settled(emulator);
      emulator.admin.resetRequests();
      await work();
      await settled(emulator);
      return emulator.requests.list().map(({ kind }) => kind);
    },
    [Symbol.asyncDispose]: async () => {
      for (const http of clients) http.close();
      await emulator.close();
    },
  };
};

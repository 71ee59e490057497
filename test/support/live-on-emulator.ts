// A live drive on an emulator of its own, in strict mode, with the emulator's log of what was asked.

import { setTimeout as delay } from 'node:timers/promises';
import type { Item } from '../../src/drive/drive.ts';
import type { LiveDriveOptions } from '../../src/drive/live/live-drive.ts';
import { LiveDrive } from '../../src/drive/live/live-drive.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/emulator-options.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import { HttpClient } from '../../src/http/http-client.ts';

export interface LiveOnEmulator extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly drive: LiveDrive;
  readonly root: Item;
  /** Kinds of the requests that `work` made, in their order. */
  asked(work: () => Promise<unknown>): Promise<string[]>;
  /** Another client of the same drive. */
  another(): LiveDrive;
}

export interface LiveOnEmulatorOptions {
  readonly emulator?: EmulatorOptions;
  readonly drive?: Partial<LiveDriveOptions>;
  readonly http?: Partial<HttpClientOptions>;
}

/** A request is logged once its answer has left and its file is closed, which may be a while after it was received. */
export const settled = async (emulator: Emulator): Promise<void> => {
  for (let seen = -1, quiet = 0; quiet < 5; ) {
    const { length } = emulator.requests.list();
    quiet = length === seen ? quiet + 1 : 0;
    seen = length;
    await delay(5);
  }
};

export const liveOnEmulator = async (options: LiveOnEmulatorOptions = {}): Promise<LiveOnEmulator> => {
  const emulator = await startEmulator({ strict: true, ...options.emulator });
  const clients: HttpClient[] = [];
  const open = (): LiveDrive => {
    let { accessToken } = emulator.admin.token();
    const renew = async (): Promise<string> => {
      ({ accessToken } = emulator.admin.token());
      return accessToken;
    };
    const tokens = { token: async () => accessToken, renew };
    const http = new HttpClient({ base: `${emulator.url}/v5.0/`, tokens, ...options.http });
    clients.push(http);
    return new LiveDrive({ http, ...options.drive });
  };
  const drive = open();
  const root = await drive.root();
  return {
    ...{ emulator, drive, root, another: open },
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

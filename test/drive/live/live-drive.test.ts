// The live dialect is held to the drive suite, on the emulator.
import { LiveDrive } from '../../../src/drive/live/live-drive.ts';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { HttpClient } from '../../../src/http/http-client.ts';
import { driveSuite } from '../../suites/drive-suite.ts';

driveSuite(
  'LiveDrive on the emulator',
  async () => {
    const emulator = await startEmulator({ strict: true });
    const tokens = { token: async () => emulator.admin.token().accessToken, renew: async () => '' };
    const clients: HttpClient[] = [];
    const open = (): LiveDrive => {
      const http = new HttpClient({ base: `${emulator.url}/v5.0/`, tokens });
      clients.push(http);
      return new LiveDrive({ http, pageSize: 10, simpleUploadLimit: 2 ** 20, fragmentSize: 2 ** 19 });
    };
    return {
      drive: open(),
      another: open(),
      close: async () => {
        for (const http of clients) http.close();
        await emulator.close();
      },
    };
  },
  {
    cannot: {
      'removing what is gone is missing': 'the service answers 204 to a DELETE of what is gone',
      'removing a comment that is gone is missing': 'the service answers 204 to a DELETE of what is gone',
    },
  },
);

// The graph dialect is held to the drive suite, on the emulator: on a personal drive, and on a business one.
import { GraphDrive } from '../../../src/drive/graph/graph-drive.ts';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import type { DriveType } from '../../../src/emulator/emulator-options.ts';
import { HttpClient } from '../../../src/http/http-client.ts';
import { driveSuite } from '../../suites/drive-suite.ts';

const suite = (driveType: DriveType, cannot: Readonly<Record<string, string>> = {}): void =>
  driveSuite(
    `GraphDrive on the emulator, ${driveType}`,
    async () => {
      const emulator = await startEmulator({ strict: true, driveType });
      const tokens = { token: async () => emulator.admin.token().accessToken, renew: async () => '' };
      const clients: HttpClient[] = [];
      const open = (): GraphDrive => {
        const http = new HttpClient({ base: `${emulator.url}/v1.0/`, tokens });
        clients.push(http);
        return new GraphDrive({ http, pageSize: 10, simpleUploadLimit: 2 ** 20, fragmentSize: 2 ** 19 });
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
    { cannot },
  );

suite('personal');
suite('business', {
  'a description is set and cleared': 'business drives keep none',
  'each kind of link is made once': 'business drives have no links to embed',
});

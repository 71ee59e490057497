// What every Graph handler can use: the emulator's parts and those that only this dialect has. Made once per emulator.
import type { Accounts } from '../accounts.ts';
import type { ContentHistory } from '../content-history.ts';
import type { ContentStore } from '../content-store.ts';
import { rootNumber } from '../drive-tree.ts';
import type { EmulatorSettings } from '../emulator-options.ts';
import type { Grants } from '../oauth/grants.ts';
import type { RecordLog, RecordTable } from '../record-log.ts';
import type { RequestLog } from '../request-log.ts';
import type { UploadSessions } from '../upload-sessions.ts';
import { CopyJobs } from './copy-jobs.ts';
import { DeltaTimeline } from './delta-timeline.ts';
import { DriveTypes } from './drive-types.ts';
import { Lookups } from './lookups.ts';
import { PreauthUrls } from './preauth-urls.ts';
import { PushHub } from './push-hub.ts';
import { Quirks } from './quirks.ts';
import { UploadRecords } from './upload-records.ts';
import { WebHooks } from './web-hooks.ts';

export interface GraphParts {
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly store: ContentStore;
  readonly history: ContentHistory;
  readonly sessions: UploadSessions;
  readonly log: RecordLog;
  readonly requests: RequestLog;
  readonly settings: () => EmulatorSettings;
  readonly now: () => number;
}

/** What a link was made with beyond its key. */
interface LinkTerms {
  readonly scope: string;
  readonly hasPassword: boolean;
  readonly expiresMs?: number;
}

export interface GraphServices extends GraphParts {
  readonly types: DriveTypes;
  readonly preauth: PreauthUrls;
  readonly quirks: Quirks;
  readonly timeline: DeltaTimeline;
  readonly lookups: Lookups;
  readonly uploads: UploadRecords;
  readonly jobs: CopyJobs;
  readonly push: PushHub;
  readonly hooks: WebHooks;
  /** Workbooks that had their first session already. */
  readonly officeFirst: Set<string>;
  /** Until when each drive, user or app was told to wait. */
  readonly waits: Map<string, number>;
  /** How often the change feed of a drive was reset, by uid. */
  readonly generations: RecordTable<string, number>;
  /** By id of the permission. */
  readonly linkTerms: RecordTable<string, LinkTerms>;
  /** Hashes of what was downloaded at least once. */
  readonly downloaded: Set<string>;
}

export const makeGraphServices = (parts: GraphParts): GraphServices => {
  const { log, accounts, now, settings } = parts;
  const push = new PushHub(accounts);
  const quirks = new Quirks(() => settings(), now);
  return {
    ...parts,
    quirks,
    types: new DriveTypes({
      log,
      accounts,
      fallback: () => settings().driveType,
      style: (number) => {
        const rootMoved = number === rootNumber && quirks.spent('id-migrate-root');
        return rootMoved || quirks.word('id-style') === 'migrated' ? 'migrated' : 'old';
      },
    }),
    preauth: new PreauthUrls(log, now),
    timeline: new DeltaTimeline(now),
    uploads: new UploadRecords(log, parts.sessions, now),
    jobs: new CopyJobs(log),
    push,
    hooks: new WebHooks(log, push, now),
    officeFirst: new Set(),
    waits: new Map(),
    lookups: new Lookups(quirks, now),
    generations: log.table('graph-generations'),
    linkTerms: log.table('graph-link-terms'),
    downloaded: new Set(),
  };
};

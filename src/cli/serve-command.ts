// `skydrive serve`: the process behind a mount. Started by other commands only (hidden from --help): its order comes as JSON
// on standard input, and its first words go to a descriptor of their own.
import { closeSync, writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { makeLog } from '../base/log.ts';
import { failureOf } from '../daemon/failure.ts';
import { type FirstWords, firstWordsFd } from '../daemon/launch.ts';
import { LogFile } from '../daemon/log-file.ts';
import type { ServeHooks, ServeOrder } from '../daemon/serve-mount.ts';
import type { DemoOrder } from './demo-drive.ts';

/** For a drive that is there, or for one that is started with the mount and ends with it. */
export type ServiceOrder = ServeOrder | (Omit<ServeOrder, 'settings'> & { readonly demo: DemoOrder });

/** Resolves when the mount is gone. What serves it is loaded here, since other commands should not wait for it. */
export const serveOrder = async (order: ServiceOrder, hooks: ServeHooks): Promise<void> => {
  const { serveMount } = await import('../daemon/serve-mount.ts');
  if (!('demo' in order)) {
    await serveMount(order, hooks);
    return;
  }
  const { openDemoDrive } = await import('./demo-drive.ts');
  const drive = await openDemoDrive(order.demo, hooks.log);
  try {
    await serveMount({ ...order, settings: drive.settings }, hooks);
  } finally {
    await drive.close();
  }
};

const say = (words: FirstWords): void => {
  try {
    writeSync(firstWordsFd, `${JSON.stringify(words)}\n`);
    closeSync(firstWordsFd);
  } catch {
    // Whoever started this process does not listen any more; the mount is there nevertheless.
  }
};

const serve = async (): Promise<number> => {
  const file = new LogFile();
  const order = JSON.parse(await text(process.stdin)) as ServiceOrder;
  const log = makeLog(order.logLevel === 'debug' ? 'debug' : 'info', (line) => file.write(line));
  process.on('uncaughtExceptionMonitor', (error) => log.error('the process ends because of a bug', error));
  let isReady = false;
  const onReady: ServeHooks['onReady'] = (ready) => {
    isReady = true;
    say({ ready });
  };
  try {
    const { logIn } = await import('../daemon/serve-mount.ts');
    await serveOrder(order, { log, onFolder: (folder) => file.open(logIn(folder)), onReady });
    return 0;
  } catch (error) {
    const { kind, message } = failureOf(error);
    log.error(isReady ? 'the mount ended' : 'the mount did not start', error);
    if (!isReady) say({ failure: { kind, message } });
    return 1;
  }
};

export const addServeCommand = (program: Command): void => {
  program
    .command('serve', { hidden: true })
    .argument('<MOUNTPOINT>', 'for whoever lists processes')
    .action(async () => {
      process.exit(await serve());
    });
};

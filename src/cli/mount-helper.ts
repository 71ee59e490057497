// `mount.fuse.skydrive SOURCE MOUNTPOINT -o OPTIONS`: what mount(8) and fstab(5) run for the type fuse.skydrive. SOURCE is
// the configuration file; `skydrive`, `none` or nothing with a slash in it stands for the usual one.
import { Command } from 'commander';
import { running } from './command-context.ts';
import { collect, mountDrive } from './mount-command.ts';

interface Options {
  readonly options?: readonly string[];
}

/** Called under this name by mount(8), through a link to the program. */
export const isMountHelper = (programPath: string): boolean => /(^|\/)mount\.(fuse\.)?skydrive$/.test(programPath);

export const makeMountHelper = (): Command =>
  new Command('mount.fuse.skydrive')
    .description('mounts the drive for mount(8) and fstab(5)')
    .argument('<SOURCE>', 'configuration file, or "skydrive" for the usual one')
    .argument('<MOUNTPOINT>', 'an empty folder')
    .option('-o, --options <OPT[,OPT…]>', 'settings (key=value) and options of mount(8)', collect)
    .option('-t, --types <TYPE>', 'taken and not looked at, as mount(8) may give it')
    .option('-N, --namespace <NS>', 'taken and not looked at')
    .option('-s, --sloppy', 'taken and not looked at')
    .option('-f, --fake', 'check the options, mount nothing')
    .option('-n, --no-mtab', 'taken and not looked at')
    .option('-v, --verbose', 'say more on standard error')
    .exitOverride()
    .action(
      running(async (context, source: string, mountpoint: string, options: Options & { readonly fake?: boolean }) => {
        const config = source.includes('/') ? source : undefined;
        if (options.fake === true) await context.settings(options.options, config);
        else await mountDrive(context, mountpoint, { ...options, ...(config === undefined ? {} : { config }) });
        return undefined;
      }),
    );

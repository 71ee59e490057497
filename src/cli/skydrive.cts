#!/usr/bin/env node
// The program's first file, and not a module of the same kind as the others on purpose: Node reads it without libuv's
// thread pool, whose size is fixed at its first use. See daemon/launch.ts for why the default size is too small.
const size = Number(process.env['UV_THREADPOOL_SIZE']);
if (!(size >= 16)) process.env['UV_THREADPOOL_SIZE'] = '32';
void import('./main.ts');

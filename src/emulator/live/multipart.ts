// The form in which POST F/files carries a file: exactly one part, `name="file"`, the file name as raw UTF-8
// (docs/live-connect-v5.md, 4.3). The bytes stream through.
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { type Exchange, unbreakable } from '../exchange.ts';
import { Refusal } from '../reply.ts';
import { liveError } from './live-error.ts';

const badDisposition = (): Refusal =>
  liveError(
    'request_body_invalid',
    `The request entity body has an incorrect value in the 'Content-Disposition' header. The expected format for this value is 'Content-Disposition: form-data; name="file"; filename="[FileName]"'.`,
  );

const badForm = (cause?: unknown): Refusal => {
  const refusal = liveError(
    'request_body_invalid',
    "The request entity body isn't valid multipart/form-data with exactly one part.",
  );
  refusal.cause = cause;
  return refusal;
};

const formReader = (exchange: Exchange): busboy.Busboy => {
  try {
    return busboy({
      headers: exchange.headers,
      defParamCharset: 'utf8',
      preservePath: true,
      limits: { fileSize: Number.POSITIVE_INFINITY, files: 2, fields: 8 },
    });
  } catch (cause) {
    throw badForm(cause);
  }
};

/** Longer part headers than that are nobody's. */
const longestHeader = 16 * 1024;

/** The service knows no `filename*=`, and says so before it takes the bytes; python-requests learned it the hard way. */
async function* refusingExtendedNames(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head = '';
  for await (const chunk of bytes) {
    if (head.length < longestHeader && !head.includes('\r\n\r\n')) {
      head += chunk.toString('latin1', 0, longestHeader);
      if (/\bfilename\*=/i.test(head.split('\r\n\r\n')[0] ?? '')) throw badDisposition();
    }
    yield chunk;
  }
}

/** Hands the one file of the form to `store` while it comes in, and gives what that returned. */
export const readFormFile = async <T>(
  exchange: Exchange,
  store: (name: string, bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> => {
  const form = formReader(exchange);
  const stored: Promise<T>[] = [];
  const wrong: Refusal[] = [];
  form.on('file', (field, bytes, info: { filename?: string | undefined }) => {
    const { filename } = info;
    // A form that is cut off fails here too; who reads the bytes is told by the stream itself.
    bytes.on('error', () => {});
    if (field !== 'file' || filename === undefined || filename === '') wrong.push(badDisposition());
    if (stored.length > 0) wrong.push(badForm());
    if (wrong.length > 0 || filename === undefined) {
      bytes.resume();
      return;
    }
    const storing = store(filename, unbreakable(bytes));
    // Its failure is reported below, after the form was read to its end.
    storing.catch(() => bytes.resume());
    stored.push(storing);
  });
  form.on('field', () => wrong.push(badForm()));
  await pipeline(refusingExtendedNames(exchange.chunks()), form).catch((error: unknown) => {
    if (exchange.gone.aborted) throw error;
    wrong.push(error instanceof Refusal ? error : badForm());
  });
  const [first] = stored;
  const [reason] = wrong;
  if (reason !== undefined) {
    await Promise.allSettled(stored);
    throw reason;
  }
  if (first === undefined) throw badForm();
  return await first;
};

// A certificate for names of this machine's choice, signed by itself, made by openssl: for servers that clients reach under the service's
// own names.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Certificate {
  /** PEM texts. */
  readonly key: string;
  readonly cert: string;
  /** Where the certificate is, for SSL_CERT_FILE. */
  readonly path: string;
}

/** Kept in `folder`, valid for a day. */
export const makeCertificate = async (folder: string, names: readonly string[]): Promise<Certificate> => {
  const [keyPath, path] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const alternatives = names.map((name) => `DNS:${name}`).join();
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', `/CN=${names[0] ?? 'localhost'}`, '-addext', `subjectAltName=${alternatives}`];
  await promisify(execFile)('openssl', [...request, ...subject, '-keyout', keyPath, '-out', path]);
  return { key: await readFile(keyPath, 'utf8'), cert: await readFile(path, 'utf8'), path };
};
